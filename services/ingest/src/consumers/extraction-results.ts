import { Extracted, ExtractionFailed } from '@peermesh/contracts/events';
import type { Bus } from '@peermesh/messaging';
import { finishJobs } from '../adapters/pg/job-store.ts';
import type { Clock } from '../ports.ts';

/** Follows the results of external extractors, so that jobs and submissions show where they stand. */
export function consumeExtractionResults(bus: Bus, clock: Clock): void {
  bus.consumeBatch(Extracted, { durable: 'ingest_extracted', batchSize: 100 }, async (events, tx) => {
    const jobs = events.flatMap(({ tenantid, data: { jobId } }) =>
      jobId === null ? [] : [{ tenantId: tenantid, jobId }],
    );
    if (jobs.length > 0) await finishJobs(tx, { state: 'done', code: null, detail: null, at: clock() }, jobs);
  });
  bus.consume(ExtractionFailed, { durable: 'ingest_extraction_failed' }, async ({ tenantid, data }, tx) => {
    const { jobId, code, detail } = data;
    await finishJobs(tx, { state: 'failed', code, detail, at: clock() }, [{ tenantId: tenantid, jobId }]);
  });
}
