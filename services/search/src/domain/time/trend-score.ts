/** Counts of the recent window and of the one before it. */
export interface TrendCounts {
  readonly count: number;
  readonly previous: number;
}

const SMOOTHING = 3;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Growth over the window before, dampened so that two mentions instead of one are no trend. Zero when it shrinks. */
export function trendScore({ count, previous }: TrendCounts): number {
  return Math.max(0, Math.log((count + SMOOTHING) / (previous + SMOOTHING))) * Math.log1p(count);
}

/** How much of a multiplier is left after some time: halves every `halfLifeDays`, never below the floor. */
export function freshness(ageMs: number, halfLifeDays: number, floor: number): number {
  return Math.max(floor, 0.5 ** (Math.max(0, ageMs) / (halfLifeDays * DAY_MS)));
}

/** The beginning of the hour or day (UTC) of an instant. */
export function bucketOf(at: number, grain: 'hour' | 'day'): number {
  const size = grain === 'hour' ? HOUR_MS : DAY_MS;
  return Math.floor(at / size) * size;
}

/** The instant that a document counts for: its publication, or its arrival when that is unknown or out of reason. */
export function instantOf(publishedAt: number | null, createdAt: number): number {
  const earliest = Date.UTC(1990, 0, 1);
  if (publishedAt === null || publishedAt < earliest || publishedAt > createdAt + 366 * DAY_MS) return createdAt;
  return publishedAt;
}

/** What a document counts for: everything, its topics, the entities it mentions. */
export function timeKeys(topics: readonly string[], entityIds: readonly string[]): string[] {
  return ['*', ...new Set(topics.map((topic) => `t:${topic}`)), ...new Set(entityIds.map((id) => `e:${id}`))];
}
