import type { OpenService } from '@peermesh/messaging';
import type { Worker } from '@peermesh/service-kit';
import type { MetricsRegistry } from '@peermesh/telemetry';
import type { IngestSchema } from '../adapters/pg/schema.ts';
import type { IngestConfig } from '../config.ts';
import type { FetchDependencies } from '../usecases/fetch-source.ts';
import { startFetchScheduler } from '../workers/fetch-scheduler.ts';
import { startHousekeeping } from '../workers/housekeeping.ts';
import { startJobSweeper } from '../workers/job-sweeper.ts';

/** Everything that works without being asked: relay, consumers, revocation feed, sweeper, scheduler, housekeeping. */
export function createBackground(
  dependencies: FetchDependencies & Pick<OpenService<IngestSchema>, 'startBus'>,
  config: IngestConfig,
  metrics: MetricsRegistry,
): { start(): Promise<void>; stop(): Promise<void> } {
  const { db, bus, quotas, clock, logger, startBus } = dependencies;
  const workers: Worker[] = [];
  return {
    start: async () => {
      await startBus();
      const sweeper = { everyMs: config.JOB_SWEEP_INTERVAL_MS, attemptsMax: config.EXTRACTION_ATTEMPTS_MAX };
      workers.push(
        startHousekeeping({ db, quotas, clock, logger }),
        startJobSweeper(dependencies, { ...sweeper, db, logger, metrics }),
      );
      if (config.FETCH_CONCURRENCY === 0) return;
      const scheduler = { concurrency: config.FETCH_CONCURRENCY, tickMs: config.FETCH_TICK_MS };
      workers.push(startFetchScheduler(dependencies, { ...scheduler, metrics, logger }));
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await bus.stop();
    },
  };
}
