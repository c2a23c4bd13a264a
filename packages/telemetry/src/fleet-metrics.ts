import { DURATION_BUCKETS_SECONDS, type MetricsRegistry } from './metrics.ts';

/**
 * Metrics that every service has, defined once. A metric of one service only is defined where it is measured, with the
 * service's name as prefix. Process and event-loop metrics (`nodejs_eventloop_lag_*`, `process_*`) come with the registry.
 */
export const fleetMetrics = {
  httpRequestDuration: {
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer.',
    labels: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS_SECONDS,
  },
  consumerEvents: {
    name: 'consumer_events_total',
    help: 'Events by outcome.',
    labels: ['consumer', 'outcome'],
  },
  consumerTransactionDuration: {
    name: 'consumer_transaction_seconds',
    help: 'Time of one transaction of a consumer.',
    labels: ['consumer', 'outcome'],
    buckets: DURATION_BUCKETS_SECONDS,
  },
  consumerPendingEvents: {
    name: 'consumer_pending_events',
    help: 'Events that wait for a consumer.',
    labels: ['consumer', 'stream'],
  },
  consumerStalls: {
    name: 'consumer_stalls_total',
    help: 'Pulls that were renewed.',
    labels: ['consumer'],
  },
  outboxUnpublishedRows: {
    name: 'outbox_unpublished_rows',
    help: 'Rows that wait for the relay.',
    labels: ['module'],
  },
  outboxOldestAge: {
    name: 'outbox_oldest_age_seconds',
    help: 'Age of the oldest row that waits.',
    labels: ['module'],
  },
  databaseConnections: {
    name: 'db_pool_connections',
    help: 'Connections of the PostgreSQL pool: `used`, `idle`, `max`, and requests that are `waiting` for one.',
    labels: ['state'],
  },
} as const;

/** What a `pg` pool tells about itself. */
export interface PoolStatistics {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max?: number | undefined };
}

/** Shows the use of a PostgreSQL pool at each scrape. */
export function observePool(metrics: MetricsRegistry, pool: PoolStatistics): void {
  metrics.gauge({
    ...fleetMetrics.databaseConnections,
    collect: (gauge) => {
      gauge.set({ state: 'used' }, pool.totalCount - pool.idleCount);
      gauge.set({ state: 'idle' }, pool.idleCount);
      gauge.set({ state: 'waiting' }, pool.waitingCount);
      gauge.set({ state: 'max' }, pool.options.max ?? 10);
    },
  });
}
