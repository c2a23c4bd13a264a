import { createHash } from 'node:crypto';

const BUCKETS = 64;
const MASK = (1n << 64n) - 1n;

/** Order-independent hashes over records: equal sets give equal buckets, and a difference names its bucket. */
export function bucketHashes(
  records: Iterable<{ readonly tenantId: string; readonly id: string; readonly version: number }>,
): bigint[] {
  const buckets = Array.from({ length: BUCKETS }, () => 0n);
  for (const { tenantId, id, version } of records) {
    const bucket = Number(firstBytes(`${tenantId}/${id}`) >> 58n);
    buckets[bucket] = ((buckets[bucket] ?? 0n) ^ firstBytes(`${tenantId}/${id}/${version}`)) & MASK;
  }
  return buckets;
}

function firstBytes(text: string): bigint {
  return createHash('md5').update(text).digest().readBigUInt64BE(0);
}
