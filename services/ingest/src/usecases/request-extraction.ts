import { ExtractionRequested } from '@peermesh/contracts/events';
import type { Transaction } from '@peermesh/database';
import { readDocuments } from '../adapters/pg/content-store.ts';
import { requeueJobs } from '../adapters/pg/job-store.ts';
import type { IngestSchema } from '../adapters/pg/schema.ts';
import type { StoreDependencies } from './store-items.ts';

/** A job to put on the queue again. */
export interface RepeatedJob {
  readonly tenantId: string;
  readonly jobId: string;
  readonly contentId: string;
}

/** Puts jobs on the queue again with a new deadline, except those whose item was withdrawn. Returns how many. */
export async function requestAgain(
  tx: Transaction<IngestSchema>,
  { bus, clock, jobDeadlineMs }: StoreDependencies,
  jobs: readonly RepeatedJob[],
): Promise<number> {
  const documents = await readDocuments(
    tx,
    jobs.map((job) => job.contentId),
  );
  const live = jobs.filter((job) => documents.has(job.contentId));
  if (live.length === 0) return 0;
  const deadlineAt = new Date(clock().getTime() + jobDeadlineMs);
  await requeueJobs(tx, live, deadlineAt);
  await tx.client.query(
    `update ingest_contents content set status = 'extraction_requested', updated_at = $1, failure_code = null, failure_detail = null
     from unnest($2::text[], $3::text[]) as t (tenant_id, content_id)
     where content.tenant_id = t.tenant_id and content.content_id = t.content_id and content.status in ('failed', 'extraction_requested')`,
    [clock(), live.map((job) => job.tenantId), live.map((job) => job.contentId)],
  );
  for (const { tenantId, jobId, contentId } of live) {
    const document = documents.get(contentId);
    if (document === undefined) continue;
    await bus.publish(
      tx,
      ExtractionRequested,
      { jobId, deadlineAt: deadlineAt.toISOString(), document },
      { tenantId, partitionKey: document.documentId },
    );
  }
  return live.length;
}
