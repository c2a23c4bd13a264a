import { Extracted, ExtractionRequested } from '@peermesh/contracts/events';
import type { Bus } from '@peermesh/messaging';
import { finishJobs } from '../adapters/pg/job-store.ts';
import type { Clock, Extractor } from '../ports.ts';

/** The durable consumer of the work queue. An external module takes over by consuming under the same name. */
export const EXTRACTION_WORKERS = 'ai_extractor';

/** Takes extraction jobs with the built-in extractor. A job that is no longer queued causes nothing. */
export function consumeExtractionRequested(bus: Bus, extractor: Extractor, clock: Clock, batchSize: number): void {
  bus.consumeBatch(
    ExtractionRequested,
    { durable: EXTRACTION_WORKERS, batchSize, concurrency: 2 },
    async (events, tx) => {
      const extractions = await extractor.extractAll(
        events.map(({ data: { document } }) => ({
          title: document.title,
          text: document.text,
          language: document.language,
        })),
      );
      const jobs = events.map((event) => ({ tenantId: event.tenantid, jobId: event.data.jobId }));
      const finished = await finishJobs(tx, { state: 'done', code: null, detail: null, at: clock() }, jobs);
      const results = events.flatMap((event, index) => {
        const extraction = extractions[index];
        if (extraction === undefined || !finished.has(event.data.jobId)) return [];
        const { jobId, document } = event.data;
        return [
          {
            data: { jobId, document, extraction },
            tenantId: event.tenantid,
            partitionKey: document.documentId,
            correlationId: event.correlationid,
            causationId: event.id,
          },
        ];
      });
      if (results.length > 0) await bus.publishMany(tx, Extracted, results);
    },
  );
}
