import { ExtractionFailed } from '@peermesh/contracts/events';
import type { Database, Transaction } from '@peermesh/database';
import { repeat, type Worker } from '@peermesh/service-kit';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import { finishJobs, lockStaleJobs, type StaleJob } from '../adapters/pg/job-store.ts';
import type { IngestSchema } from '../adapters/pg/schema.ts';
import { requestAgain } from '../usecases/request-extraction.ts';
import type { StoreDependencies } from '../usecases/store-items.ts';

/** How stale jobs are treated. */
export interface SweeperOptions {
  readonly db: Database<IngestSchema>;
  readonly everyMs: number;
  readonly attemptsMax: number;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

const BATCH = 100;

/** Puts jobs that passed their deadline on the queue again; after the last attempt they fail with an event. */
export function startJobSweeper(dependencies: StoreDependencies, options: SweeperOptions): Worker {
  const swept = options.metrics.counter({
    name: 'ingest_jobs_swept_total',
    help: 'Stale extraction jobs by what became of them.',
    labels: ['result'],
  });
  return repeat({ everyMs: options.everyMs, logger: options.logger, name: 'job-sweeper' }, async () => {
    const result = await options.db.system((tx) => sweepJobs(tx, dependencies, options.attemptsMax));
    swept.inc({ result: 'requeued' }, result.requeued);
    swept.inc({ result: 'failed' }, result.failed);
  });
}

/** One sweep; returns how many jobs were put on the queue again and how many failed. */
export async function sweepJobs(
  tx: Transaction<IngestSchema>,
  dependencies: StoreDependencies,
  attemptsMax: number,
): Promise<{ requeued: number; failed: number }> {
  const { clock, bus } = dependencies;
  const stale = await lockStaleJobs(tx, clock(), BATCH);
  const exhausted = stale.filter((job) => job.attempts >= attemptsMax);
  const repeated = stale.filter((job) => job.attempts < attemptsMax);
  if (exhausted.length > 0) {
    const failure = { code: 'PM_INGEST_EXTRACTION_EXPIRED', detail: `No result after ${attemptsMax} attempts.` };
    await finishJobs(tx, { state: 'failed', ...failure, at: clock() }, exhausted);
    await bus.publishMany(
      tx,
      ExtractionFailed,
      exhausted.map((job) => ({
        tenantId: job.tenantId,
        partitionKey: job.documentId,
        data: { ...identityOf(job), ...failure },
      })),
    );
  }
  const requeued = repeated.length === 0 ? 0 : await requestAgain(tx, dependencies, repeated);
  return { requeued, failed: exhausted.length };
}

const identityOf = ({ jobId, contentId, documentId }: StaleJob) => ({ jobId, contentId, documentId });
