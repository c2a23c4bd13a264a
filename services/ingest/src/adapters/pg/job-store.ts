import type { ExtractionJob } from '@peermesh/contracts/ingest';
import type { Transaction } from '@peermesh/database';
import { sql } from 'kysely';
import type { IngestSchema } from './schema.ts';
import type { SqlTransaction } from './sql-transaction.ts';

/** A job to queue. */
export interface NewJob {
  readonly jobId: string;
  readonly contentId: string;
  readonly documentId: string;
}

/** A job whose deadline has passed. */
export interface StaleJob extends NewJob {
  readonly tenantId: string;
  readonly attempts: number;
}

/** Queues jobs in one statement. */
export async function insertJobs(
  tx: SqlTransaction,
  tenantId: string,
  jobs: readonly NewJob[],
  requestedAt: Date,
  deadlineAt: Date,
): Promise<void> {
  await tx.client.query(
    `insert into ingest_jobs (tenant_id, job_id, content_id, document_id, state, attempts, requested_at, deadline_at)
     select $1, t.job_id, t.content_id, t.document_id, 'queued', 1, $2, $3
     from unnest($4::text[], $5::text[], $6::text[]) as t (job_id, content_id, document_id)`,
    [
      tenantId,
      requestedAt,
      deadlineAt,
      jobs.map((job) => job.jobId),
      jobs.map((job) => job.contentId),
      jobs.map((job) => job.documentId),
    ],
  );
}

/**
 * Finishes jobs that are still queued and marks their submissions. Returns the ids that were finished now: whoever asks
 * first wins, everybody else gets nothing, so a result is published once.
 */
export async function finishJobs(
  tx: SqlTransaction,
  outcome: {
    readonly state: 'done' | 'failed';
    readonly code: string | null;
    readonly detail: string | null;
    readonly at: Date;
  },
  jobs: readonly { readonly tenantId: string; readonly jobId: string }[],
): Promise<Set<string>> {
  const { rows } = await tx.client.query<{ job_id: string; content_id: string; tenant_id: string }>(
    `update ingest_jobs set state = $1, finished_at = $2, failure_code = $3, failure_detail = $4
     where job_id in (
       select job.job_id from ingest_jobs job join unnest($5::text[], $6::text[]) as t (tenant_id, job_id) using (tenant_id, job_id)
       where job.state = 'queued' order by job.job_id for update of job)
     returning tenant_id, job_id, content_id`,
    [
      outcome.state,
      outcome.at,
      outcome.code,
      outcome.detail,
      jobs.map((job) => job.tenantId),
      jobs.map((job) => job.jobId),
    ],
  );
  if (rows.length > 0) {
    await tx.client.query(
      `update ingest_contents content set status = $1, updated_at = $2, failure_code = $3, failure_detail = $4
       from unnest($5::text[], $6::text[]) as t (tenant_id, content_id)
       where content.tenant_id = t.tenant_id and content.content_id = t.content_id and content.status <> 'deleted'`,
      [
        outcome.state === 'done' ? 'extracted' : 'failed',
        outcome.at,
        outcome.code,
        outcome.detail,
        rows.map((row) => row.tenant_id),
        rows.map((row) => row.content_id),
      ],
    );
  }
  return new Set(rows.map((row) => row.job_id));
}

/** Takes up to `limit` jobs past their deadline and locks them; other sweepers skip them. */
export async function lockStaleJobs(tx: SqlTransaction, now: Date, limit: number): Promise<StaleJob[]> {
  const { rows } = await tx.client.query<{
    tenant_id: string;
    job_id: string;
    content_id: string;
    document_id: string;
    attempts: number;
  }>(
    `select tenant_id, job_id, content_id, document_id, attempts from ingest_jobs
     where state = 'queued' and deadline_at < $1 order by deadline_at limit $2 for update skip locked`,
    [now, limit],
  );
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    jobId: row.job_id,
    contentId: row.content_id,
    documentId: row.document_id,
    attempts: row.attempts,
  }));
}

/** Gives jobs another attempt with a new deadline. */
export async function requeueJobs(
  tx: SqlTransaction,
  jobs: readonly { readonly tenantId: string; readonly jobId: string }[],
  deadlineAt: Date,
): Promise<void> {
  await tx.client.query(
    `update ingest_jobs job set state = 'queued', attempts = attempts + 1, deadline_at = $1, finished_at = null, failure_code = null, failure_detail = null
     from unnest($2::text[], $3::text[]) as t (tenant_id, job_id) where job.tenant_id = t.tenant_id and job.job_id = t.job_id`,
    [deadlineAt, jobs.map((job) => job.tenantId), jobs.map((job) => job.jobId)],
  );
}

/** One page of jobs, newest first. */
export async function listJobs(
  tx: Transaction<IngestSchema>,
  filter: { readonly state?: ExtractionJob['state']; readonly contentId?: string },
  page: { readonly offset: number; readonly limit: number },
): Promise<{ items: ExtractionJob[]; total: number }> {
  let query = tx.query.selectFrom('ingest_jobs').where('tenant_id', '=', tx.tenantId ?? '');
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.contentId !== undefined) query = query.where('content_id', '=', filter.contentId);
  const rows = await query.selectAll().orderBy('job_id', 'desc').limit(page.limit).offset(page.offset).execute();
  const { total } = await query.select(sql<string>`count(*)`.as('total')).executeTakeFirstOrThrow();
  return { items: rows.map(toJob), total: Number(total) };
}

/** One job of the tenant; `lock` keeps others from changing it until the transaction ends. */
export async function readJob(
  tx: Transaction<IngestSchema>,
  jobId: string,
  lock = false,
): Promise<ExtractionJob | undefined> {
  const query = tx.query
    .selectFrom('ingest_jobs')
    .selectAll()
    .where('tenant_id', '=', tx.tenantId ?? '')
    .where('job_id', '=', jobId);
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst();
  return row === undefined ? undefined : toJob(row);
}

function toJob(row: IngestSchema['ingest_jobs']): ExtractionJob {
  return {
    id: row.job_id,
    contentId: row.content_id,
    documentId: row.document_id,
    state: row.state,
    attempts: row.attempts,
    requestedAt: row.requested_at.toISOString(),
    deadlineAt: row.deadline_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    failure: row.failure_code === null ? null : { code: row.failure_code, detail: row.failure_detail ?? '' },
  };
}
