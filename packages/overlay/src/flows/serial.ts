/** Sequence numbers and epochs are u32 and wrap around (RFC 1982): `a` comes after `b` when it is less than 2^31 ahead. */
export function isAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

export function distance(from: number, to: number): number {
  return (to - from) | 0;
}

export function plus(seq: number, count: number): number {
  return (seq + count) >>> 0;
}

/** True when `epoch` is a later life than `known`. */
export function isLater(epoch: number, known: number | null): boolean {
  return known === null || isAfter(epoch, known);
}
