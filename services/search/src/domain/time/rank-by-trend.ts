import type { LegHit, LegQuery, RecordAttributes } from '../../ports.ts';
import { freshness } from './trend-score.ts';

/** A document with the instant it counts for and what it is about. */
export interface TimedRecord {
  readonly id: string;
  readonly at: number;
  readonly keys: readonly string[];
  readonly attributes: RecordAttributes;
}

const HALF_LIFE_DAYS = 7;

/** Ranks recent documents: the younger, and the more they are about what is growing, the higher. */
export function rankByTrend(
  records: readonly TimedRecord[],
  trends: ReadonlyMap<string, number>,
  query: Pick<LegQuery, 'filter' | 'limit' | 'kinds' | 'scoreMin'>,
  now: number,
): { hits: LegHit[]; total: number } {
  const hits: LegHit[] = [];
  if (!query.kinds.includes('doc')) return { hits, total: 0 };
  for (const { id, at, keys, attributes } of records) {
    if (query.filter.matches !== null && !query.filter.matches(id, attributes)) continue;
    const trend = keys.reduce((sum, key) => sum + (trends.get(key) ?? 0), 0);
    const raw = freshness(now - at, HALF_LIFE_DAYS, 0) * (1 + Math.log1p(trend));
    if (query.scoreMin !== null && raw < query.scoreMin) continue;
    hits.push({ id, raw, attributes, why: { trend } });
  }
  hits.sort((a, b) => b.raw - a.raw || (a.id < b.id ? -1 : 1));
  return { hits: hits.slice(0, query.limit), total: hits.length };
}
