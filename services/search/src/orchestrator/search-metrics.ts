import type { Leg } from '@peermesh/contracts/search';
import { DURATION_BUCKETS_SECONDS, type MetricsRegistry } from '@peermesh/telemetry';

/** The metrics of search. */
export interface SearchMetrics {
  request(mode: string, outcome: string, isDegraded: boolean, seconds: number): void;
  leg(kind: Leg, impl: string, generation: number, outcome: string, seconds: number, hits: number): void;
  degraded(kind: Leg, reason: string): void;
  unique(kind: Leg, ratio: number): void;
  breaker(kind: Leg, generation: number, state: 'closed' | 'half_open' | 'open'): void;
  slack(seconds: number): void;
  windowExhausted(): void;
  backstopDrops(count: number): void;
  snapshot(outcome: 'hit' | 'miss' | 'extended'): void;
  cache(outcome: 'hit' | 'miss' | 'coalesced'): void;
  overhead(seconds: number): void;
  waited(seconds: number): void;
  projectorLag(kind: Leg, generation: number, lag: number): void;
  projected(kind: Leg, generation: number, records: number, seconds: number, lag: number): void;
}

const RATIOS = [0, 0.1, 0.2, 0.3, 0.5, 0.7, 1];
const BREAKER_STATES = { closed: 0, half_open: 1, open: 2 } as const;

/** Declares the metrics on a registry. */
export function createSearchMetrics(registry: MetricsRegistry): SearchMetrics {
  const requests = registry.counter({
    name: 'search_requests_total',
    help: 'Searches by outcome.',
    labels: ['mode', 'outcome', 'degraded'],
  });
  const duration = registry.histogram({
    name: 'search_duration_seconds',
    help: 'Time of a search.',
    labels: ['mode'],
    buckets: DURATION_BUCKETS_SECONDS,
  });
  const legDuration = registry.histogram({
    name: 'search_leg_duration_seconds',
    help: 'Time of one leg.',
    labels: ['kind', 'impl', 'gen', 'outcome'],
    buckets: DURATION_BUCKETS_SECONDS,
  });
  const legHits = registry.histogram({
    name: 'search_leg_hits',
    help: 'Hits of one leg.',
    labels: ['kind'],
    buckets: [0, 1, 5, 20, 50, 100, 200, 500, 1000],
  });
  const degraded = registry.counter({
    name: 'search_degraded_total',
    help: 'Legs that did not answer in full.',
    labels: ['kind', 'reason'],
  });
  const unique = registry.histogram({
    name: 'search_leg_unique_contribution_ratio',
    help: 'Share of the first ten hits that only this leg supplied.',
    labels: ['kind'],
    buckets: RATIOS,
  });
  const breaker = registry.gauge({
    name: 'breaker_state',
    help: '0 closed, 1 half open, 2 open.',
    labels: ['kind', 'gen'],
  });
  const slack = registry.histogram({
    name: 'deadline_slack_seconds',
    help: 'Time left at the answer.',
    buckets: [0, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1],
  });
  const exhausted = registry.counter({ name: 'fusion_window_exhausted_total', help: 'Pages beyond the fused window.' });
  const drops = registry.counter({
    name: 'acl_backstop_drops_total',
    help: 'Hits that a leg should not have returned. Must be 0.',
  });
  const snapshots = registry.counter({
    name: 'page_snapshot_hits',
    help: 'Frozen pages by outcome.',
    labels: ['outcome'],
  });
  const cache = registry.counter({ name: 'search_cache_total', help: 'Answer cache by outcome.', labels: ['outcome'] });
  const overhead = registry.histogram({
    name: 'search_fusion_overhead_seconds',
    help: 'Time of a search beyond its slowest leg.',
    buckets: [0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1],
  });
  const waits = registry.histogram({
    name: 'search_wait_seconds',
    help: 'Time until a search was started.',
    buckets: DURATION_BUCKETS_SECONDS,
  });
  const lagSeq = registry.gauge({
    name: 'projector_lag_seq',
    help: 'Changes that a generation has not applied.',
    labels: ['kind', 'gen'],
  });
  const lagSeconds = registry.gauge({
    name: 'projector_lag_seconds',
    help: 'How long a generation has been behind.',
    labels: ['kind', 'gen'],
  });
  const projectedRecords = registry.counter({
    name: 'projector_records_total',
    help: 'Records applied.',
    labels: ['kind', 'gen'],
  });
  const projectorSeconds = registry.histogram({
    name: 'projector_batch_duration_seconds',
    help: 'Time to apply one batch.',
    labels: ['kind', 'gen'],
    buckets: DURATION_BUCKETS_SECONDS,
  });
  const behindSince = new Map<string, number>();
  const setLag = (kind: Leg, gen: number, lag: number): void => {
    const key = `${kind}/${gen}`;
    if (lag <= 0) behindSince.delete(key);
    else if (!behindSince.has(key)) behindSince.set(key, Date.now());
    lagSeq.set({ kind, gen }, Math.max(0, lag));
    lagSeconds.set({ kind, gen }, (Date.now() - (behindSince.get(key) ?? Date.now())) / 1000);
  };
  return {
    request: (mode, outcome, isDegraded, seconds) => {
      requests.inc({ mode, outcome, degraded: String(isDegraded) });
      duration.observe({ mode }, seconds);
    },
    leg: (kind, impl, gen, outcome, seconds, hits) => {
      legDuration.observe({ kind, impl, gen, outcome }, seconds);
      legHits.observe({ kind }, hits);
    },
    degraded: (kind, reason) => degraded.inc({ kind, reason }),
    unique: (kind, ratio) => unique.observe({ kind }, ratio),
    breaker: (kind, gen, state) => breaker.set({ kind, gen }, BREAKER_STATES[state]),
    slack: (seconds) => slack.observe(Math.max(0, seconds)),
    windowExhausted: () => exhausted.inc(),
    backstopDrops: (count) => drops.inc(count),
    snapshot: (outcome) => snapshots.inc({ outcome }),
    cache: (outcome) => cache.inc({ outcome }),
    waited: (seconds) => waits.observe(seconds),
    overhead: (seconds) => overhead.observe(Math.max(0, seconds)),
    projectorLag: setLag,
    projected: (kind, gen, records, seconds, lag) => {
      projectedRecords.inc({ kind, gen }, records);
      projectorSeconds.observe({ kind, gen }, seconds);
      setLag(kind, gen, lag);
    },
  };
}
