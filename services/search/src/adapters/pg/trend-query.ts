import type { Transaction } from '@peermesh/database';
import { bucketOf, trendScore } from '../../domain/time/trend-score.ts';
import type { Viewer } from '../../ports.ts';

/** What to look at. */
export interface TrendWindow {
  /** Null takes entities and topics together. */
  readonly of: 'entity' | 'topic' | null;
  /** One key, with its prefix. */
  readonly key: string | null;
  readonly until: number;
  readonly windowHours: number;
  readonly bucket: 'hour' | 'day';
  readonly limit: number;
}

/** One key with its counts; `key` carries its prefix. */
export interface Trend {
  readonly key: string;
  readonly count: number;
  readonly previous: number;
  readonly score: number;
  readonly series: readonly { readonly at: number; readonly count: number }[];
}

const HOUR_MS = 3_600_000;
const CANDIDATES_MAX = 1_000;

/** The beginning of the window, on a bucket. */
export function windowStart(window: Pick<TrendWindow, 'until' | 'windowHours' | 'bucket'>): number {
  return bucketOf(window.until - window.windowHours * HOUR_MS, window.bucket);
}

/** Counts keys in the window and in the one before it, over documents that the viewer may read. */
export async function readTrends(
  tx: Transaction<unknown>,
  generation: number,
  window: TrendWindow,
  viewer: Viewer,
): Promise<Trend[]> {
  const from = windowStart(window);
  const before = from - (window.until - from);
  const { rows } = await tx.client.query<{ key: string; count: string; previous: string }>(
    `SELECT key, sum(count) FILTER (WHERE bucket >= $5) AS count, sum(count) FILTER (WHERE bucket < $5) AS previous
       FROM search.search_time_rollups
      WHERE generation = $1 AND tenant_id = $2 AND grain = $3 AND bucket >= $4 AND bucket <= $6 AND acl && $7::text[]
        AND key <> '*' AND ($8::text IS NULL OR key = $8) AND ($9::text IS NULL OR left(key, 1) = $9)
      GROUP BY key HAVING sum(count) FILTER (WHERE bucket >= $5) > 0 OR $8::text IS NOT NULL
      ORDER BY 2 DESC NULLS LAST, key LIMIT ${CANDIDATES_MAX}`,
    [
      generation,
      viewer.tenantId,
      window.bucket,
      new Date(before),
      new Date(from),
      new Date(window.until),
      viewer.principals,
      window.key,
      window.of === null ? null : window.of.slice(0, 1),
    ],
  );
  const trends = rows
    .map((row) => ({ key: row.key, count: Number(row.count ?? 0), previous: Number(row.previous ?? 0) }))
    .map((row) => ({ ...row, score: trendScore(row) }))
    .sort((a, b) => b.score - a.score || b.count - a.count || (a.key < b.key ? -1 : 1))
    .slice(0, window.limit);
  const series = await readSeries(
    tx,
    generation,
    window,
    viewer,
    trends.map(({ key }) => key),
  );
  return trends.map((trend) => ({ ...trend, series: series.get(trend.key) ?? [] }));
}

async function readSeries(
  tx: Transaction<unknown>,
  generation: number,
  window: TrendWindow,
  viewer: Viewer,
  keys: readonly string[],
): Promise<Map<string, { at: number; count: number }[]>> {
  const series = new Map<string, { at: number; count: number }[]>();
  if (window.of === null && window.key === null) return series;
  const { rows } = await tx.client.query<{ key: string; bucket: Date; count: string }>(
    `SELECT key, bucket, sum(count) AS count FROM search.search_time_rollups
      WHERE generation = $1 AND tenant_id = $2 AND key = ANY($3) AND grain = $4 AND bucket >= $5 AND bucket <= $6
        AND acl && $7::text[] GROUP BY key, bucket HAVING sum(count) > 0 ORDER BY key, bucket`,
    [
      generation,
      viewer.tenantId,
      keys,
      window.bucket,
      new Date(windowStart(window)),
      new Date(window.until),
      viewer.principals,
    ],
  );
  for (const row of rows) {
    const points = series.get(row.key) ?? [];
    points.push({ at: row.bucket.getTime(), count: Number(row.count) });
    series.set(row.key, points);
  }
  return series;
}
