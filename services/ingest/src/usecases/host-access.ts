import type { Database } from '@peermesh/database';
import type { HttpFetcher } from '../adapters/http/http-fetcher.ts';
import { readHost, saveRobots } from '../adapters/pg/host-store.ts';
import type { IngestSchema } from '../adapters/pg/schema.ts';
import { ROBOTS_BYTES_MAX, type RobotsState, robotsStateOf, robotsVerdict } from '../domain/sources/robots.ts';
import type { Clock, HostGate } from '../ports.ts';

/** Whether a host may be called now. */
export type HostAccess =
  | { readonly kind: 'granted'; release(): Promise<void> }
  | { readonly kind: 'later'; readonly waitMs: number }
  | { readonly kind: 'denied' };

/** What access control of hosts needs. */
export interface HostAccessDependencies {
  readonly db: Database<IngestSchema>;
  readonly gate: HostGate;
  readonly fetcher: HttpFetcher;
  readonly clock: Clock;
  readonly userAgentToken: string;
  readonly delayMsMin: number;
}

const ROBOTS_FRESH_MS = 24 * 3600 * 1000;
const ROBOTS_RETRY_MS = 15 * 60 * 1000;

/** Asks pause, gate and robots.txt, in this order. A granted permit must be released. */
export async function requestHost(
  dependencies: HostAccessDependencies,
  url: string,
  respectRobots: boolean,
  signal: AbortSignal,
): Promise<HostAccess> {
  const { db, gate, clock, delayMsMin, userAgentToken } = dependencies;
  const { host } = new URL(url);
  const known = await readHost(db, host);
  const now = clock();
  if (known.pausedUntil !== null && known.pausedUntil > now)
    return { kind: 'later', waitMs: known.pausedUntil.getTime() - now.getTime() };
  const cached = respectRobots ? freshRobots(known.robots, now) : null;
  const crawlDelayMs = cached === null ? null : robotsVerdict(cached, url, userAgentToken).crawlDelayMs;
  const permit = await gate.acquire(host, Math.max(delayMsMin, crawlDelayMs ?? 0));
  if (!permit.granted) return { kind: 'later', waitMs: permit.waitMs };
  if (!respectRobots) return { kind: 'granted', release: permit.release };
  try {
    const state = cached ?? (await fetchRobots(dependencies, url, signal));
    if (robotsVerdict(state, url, userAgentToken).allowed) return { kind: 'granted', release: permit.release };
    await permit.release();
    return state.kind === 'unreachable' ? { kind: 'later', waitMs: ROBOTS_RETRY_MS } : { kind: 'denied' };
  } catch (error) {
    await permit.release();
    throw error;
  }
}

function freshRobots(
  robots: { readonly state: RobotsState; readonly fetchedAt: Date } | null,
  now: Date,
): RobotsState | null {
  if (robots === null) return null;
  const lifetimeMs = robots.state.kind === 'unreachable' ? ROBOTS_RETRY_MS : ROBOTS_FRESH_MS;
  return now.getTime() - robots.fetchedAt.getTime() < lifetimeMs ? robots.state : null;
}

async function fetchRobots(
  { db, fetcher, clock }: HostAccessDependencies,
  url: string,
  signal: AbortSignal,
): Promise<RobotsState> {
  const robotsUrl = new URL('/robots.txt', url).href;
  const state = await fetcher
    .fetch({ url: robotsUrl, accept: 'text/plain, */*;q=0.1', bytesMax: ROBOTS_BYTES_MAX, signal })
    .then(({ status, body }) => robotsStateOf(status, body.toString('utf8')))
    .catch((): RobotsState => ({ kind: 'unreachable' }));
  await saveRobots(db, new URL(url).host, state, clock());
  return state;
}
