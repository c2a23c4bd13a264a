import { enableTenantIsolation } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table ingest_jobs (
      job_id text primary key,
      tenant_id text not null,
      content_id text not null,
      document_id text not null,
      state text not null check (state in ('queued', 'done', 'failed')),
      attempts integer not null,
      requested_at timestamptz not null,
      deadline_at timestamptz not null,
      finished_at timestamptz,
      failure_code text,
      failure_detail text
    )`.execute(db);
  await sql`create index ingest_jobs_due on ingest_jobs (deadline_at) where state = 'queued'`.execute(db);
  await sql`create index ingest_jobs_tenant on ingest_jobs (tenant_id, job_id)`.execute(db);
  await sql`create index ingest_jobs_content on ingest_jobs (tenant_id, content_id)`.execute(db);
  await enableTenantIsolation(db, 'ingest', 'ingest_jobs');
}
