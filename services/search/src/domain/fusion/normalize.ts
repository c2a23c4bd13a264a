import type { LegHit } from '../../ports.ts';

/** How scores of different legs are brought together. */
export type FusionMethod = 'convex' | 'rrf' | 'dbsf';

/** Scores of one leg between 0 and 1, in the order of its hits. */
export function normalizeScores(hits: readonly LegHit[], method: FusionMethod, k: number): number[] {
  if (method === 'rrf') return hits.map((_, i) => (k + 1) / (k + i + 1));
  if (hits.length === 1) return [1];
  return method === 'dbsf' ? distributionBased(hits.map((hit) => hit.raw)) : minMax(hits);
}

function minMax(hits: readonly LegHit[]): number[] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { raw } of hits) {
    if (raw < low) low = raw;
    if (raw > high) high = raw;
  }
  const range = high - low;
  return hits.map(({ raw }) => (range === 0 ? 1 : (raw - low) / range));
}

/** Three standard deviations around the mean become 0 to 1 (distribution-based score fusion). */
function distributionBased(raws: readonly number[]): number[] {
  const mean = raws.reduce((sum, raw) => sum + raw, 0) / raws.length;
  const deviation = Math.sqrt(raws.reduce((sum, raw) => sum + (raw - mean) ** 2, 0) / raws.length);
  if (deviation === 0) return raws.map(() => 1);
  return raws.map((raw) => Math.min(1, Math.max(0, (raw - mean + 3 * deviation) / (6 * deviation))));
}
