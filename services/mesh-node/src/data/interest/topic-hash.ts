import { createHash } from 'node:crypto';

const MODULUS = 2 ** 48;

/** A number below 2^48 that a set of topics is told by: the sum of their hashes, whatever their order. */
export function plusTopic(sum: number, topic: string): number {
  return (sum + hashOf(topic)) % MODULUS;
}

export function minusTopic(sum: number, topic: string): number {
  return (sum - hashOf(topic) + MODULUS) % MODULUS;
}

// A checksum like CRC-32 will not do: it is linear, and sets of similar names would have equal sums.
function hashOf(topic: string): number {
  return createHash('sha256').update(topic).digest().readUIntBE(0, 6);
}
