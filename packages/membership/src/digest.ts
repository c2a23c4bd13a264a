import { DIGEST_BUCKETS } from './codec/messages.ts';

/** FNV-1a of an id, spread so that its low bits choose a bucket. */
export function hashId(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  return mix(hash);
}

function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * A digest of the live view: per bucket the sum of a hash of each (id, incarnation). Two members with equal digests hold
 * the same live members in the same incarnations; failed and left members do not count.
 */
export class ViewDigest {
  readonly buckets: Uint32Array = new Uint32Array(DIGEST_BUCKETS);

  add(idHash: number, incarnation: number): void {
    const bucket = idHash % DIGEST_BUCKETS;
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + entry(idHash, incarnation);
  }

  remove(idHash: number, incarnation: number): void {
    const bucket = idHash % DIGEST_BUCKETS;
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) - entry(idHash, incarnation);
  }

  /** One number for the whole view. */
  summary(): number {
    let hash = 0;
    for (const bucket of this.buckets) hash = mix(hash ^ bucket);
    return hash;
  }
}

function entry(idHash: number, incarnation: number): number {
  return mix(idHash ^ Math.imul((incarnation >>> 0) + 1, 0x9e3779b1)) ^ Math.floor(incarnation / 2 ** 32);
}

/** The buckets in which two digests differ, as one flag each. */
export function differingBuckets(left: Uint32Array, right: Uint32Array): Uint8Array {
  const differs = new Uint8Array(DIGEST_BUCKETS);
  for (let index = 0; index < DIGEST_BUCKETS; index += 1) differs[index] = left[index] === right[index] ? 0 : 1;
  return differs;
}
