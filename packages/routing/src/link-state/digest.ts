import type { Version } from './advertisement.ts';

/** Parts of the database that are compared on their own, so that a difference names 1/64 of it. */
export const DIGEST_BUCKETS = 64;

/**
 * 64 exclusive-or sums over (origin, version), kept up to date with every change: comparing two databases costs one
 * message of half a kilobyte however large they are.
 */
export class DatabaseDigest {
  readonly #low = new Uint32Array(DIGEST_BUCKETS);
  readonly #high = new Uint32Array(DIGEST_BUCKETS);

  /** Adds an entry, or takes it out again: the operation is its own inverse. */
  toggle(origin: number, { epoch, seq }: Version): void {
    const bucket = bucketOf(origin);
    const first = mix(origin ^ mix(epoch ^ mix(seq)));
    this.#low[bucket]! ^= first;
    this.#high[bucket]! ^= mix(first ^ 0x9e37_79b9 ^ seq);
  }

  /** The sums as pairs of u32. */
  sums(): Uint32Array {
    const sums = new Uint32Array(2 * DIGEST_BUCKETS);
    for (let bucket = 0; bucket < DIGEST_BUCKETS; bucket += 1) {
      sums[2 * bucket] = this.#low[bucket]!;
      sums[2 * bucket + 1] = this.#high[bucket]!;
    }
    return sums;
  }

  /** The buckets in which another database differs. */
  differences(sums: Uint32Array): number[] {
    const buckets: number[] = [];
    for (let bucket = 0; bucket < DIGEST_BUCKETS; bucket += 1) {
      const isSame = sums[2 * bucket] === this.#low[bucket] && sums[2 * bucket + 1] === this.#high[bucket];
      if (!isSame) buckets.push(bucket);
    }
    return buckets;
  }
}

export function bucketOf(origin: number): number {
  return mix(origin) % DIGEST_BUCKETS;
}

/** The finalizer of MurmurHash3: every input bit changes every output bit with probability near one half. */
function mix(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
