import { compileEvent, type EventDefinition } from '@peermesh/contracts';

/** The two sides of an event's schema: strict when sending, tolerant when receiving. */
export interface EventCodec {
  /** Throws when the data does not match, also for unknown fields: publishing it is a programming error. */
  encode(data: unknown): Uint8Array;
  /** The data, or why it is refused. Unknown fields are kept. */
  decode(body: Uint8Array): { readonly data: unknown } | { readonly refused: string };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const codecs = new WeakMap<EventDefinition, EventCodec>();

/** The codec of an event; compiled once. */
export function codecOf(event: EventDefinition): EventCodec {
  const known = codecs.get(event);
  if (known !== undefined) return known;
  const check = compileEvent(event);
  const codec: EventCodec = {
    encode(data) {
      const refusal = check.refusalToPublish(data);
      if (refusal !== null) throw new TypeError(`${event.type}: ${refusal}`);
      return Buffer.from(JSON.stringify(data));
    },
    decode(body) {
      let data: unknown;
      try {
        data = JSON.parse(utf8.decode(body));
      } catch {
        return { refused: 'the body is not JSON in UTF-8' };
      }
      const refused = check.refusalToConsume(data);
      return refused === null ? { data } : { refused };
    },
  };
  codecs.set(event, codec);
  return codec;
}
