import type { Worker } from '@peermesh/service-kit';
import { repeat } from '@peermesh/service-kit';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import { claimDueSources } from '../adapters/pg/source-queue.ts';
import type { StoredSource } from '../adapters/pg/source-store.ts';
import { type FetchDependencies, fetchSource } from '../usecases/fetch-source.ts';

/** How the scheduler works. */
export interface SchedulerOptions {
  readonly concurrency: number;
  readonly tickMs: number;
  readonly metrics: MetricsRegistry;
  readonly logger: Logger;
}

const LEASE_MARGIN_MS = 30_000;

/** Leases due sources and fetches them, `concurrency` at once. Stopping waits for the fetches that run. */
export function startFetchScheduler(dependencies: FetchDependencies, options: SchedulerOptions): Worker {
  const { concurrency, metrics, logger } = options;
  const running = new Set<Promise<void>>();
  const stopped = new AbortController();
  const fetches = metrics.counter({
    name: 'ingest_source_fetches_total',
    help: 'Fetches of sources by result.',
    labels: ['result'],
  });
  metrics.gauge({
    name: 'ingest_source_fetches_running',
    help: 'Fetches that run now.',
    collect: (gauge) => gauge.set(running.size),
  });

  const run = async (source: StoredSource): Promise<void> => {
    try {
      fetches.inc({ result: await fetchSource(dependencies, source, stopped.signal) });
    } catch (error) {
      fetches.inc({ result: 'error' });
      logger.error({ err: error, sourceId: source.source_id }, 'source could not be fetched; its lease will expire');
    }
  };
  const loop = repeat({ everyMs: options.tickMs, logger, name: 'fetch-scheduler' }, async () => {
    const free = concurrency - running.size;
    if (free <= 0) return;
    const leaseMs = dependencies.timeoutMs + LEASE_MARGIN_MS;
    const sources = await claimDueSources(dependencies.db, dependencies.clock(), free, leaseMs);
    for (const source of sources) {
      const task: Promise<void> = run(source).finally(() => running.delete(task));
      running.add(task);
    }
  });
  return {
    stop: async () => {
      await loop.stop();
      stopped.abort();
      await Promise.all(running);
    },
  };
}
