/** Bytes of a topic's name. */
export const TOPIC_BYTES_MAX = 200;

const ALLOWED = /^[\p{L}\p{N}._~:/-]+$/u;

/** Whether something may be the name of a topic: letters, digits and `. _ ~ : / -`, up to 200 bytes of UTF-8. */
export function isTopicName(name: unknown): name is string {
  return typeof name === 'string' && ALLOWED.test(name) && Buffer.byteLength(name) <= TOPIC_BYTES_MAX;
}
