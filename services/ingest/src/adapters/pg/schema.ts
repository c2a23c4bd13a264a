import type { Generated } from 'kysely';

/** Rows of the schema `ingest`, as queries see them. */
export interface IngestSchema {
  ingest_items: {
    tenant_id: string;
    item_hash: Buffer;
    document_id: string;
    content_id: string;
    version: number;
    fingerprint: Buffer;
    deleted_at: Date | null;
  };
  ingest_contents: {
    tenant_id: string;
    content_id: string;
    document_id: string;
    version: number;
    source_id: string | null;
    item_hash: Buffer;
    status: 'accepted' | 'extraction_requested' | 'extracted' | 'failed' | 'deleted';
    topics: string[];
    acl: string[];
    document: string;
    job_id: string | null;
    failure_code: string | null;
    failure_detail: string | null;
    submitted_by: string;
    submitted_at: Date;
    updated_at: Date;
  };
  ingest_quotas: { tenant_id: string; items_per_day: string; bytes_per_day: string; sources_max: number };
  ingest_quota_usage: { tenant_id: string; day: string; items: string; bytes: string };
  ingest_jobs: {
    tenant_id: string;
    job_id: string;
    content_id: string;
    document_id: string;
    state: 'queued' | 'done' | 'failed';
    attempts: number;
    requested_at: Date;
    deadline_at: Date;
    finished_at: Date | null;
    failure_code: string | null;
    failure_detail: string | null;
  };
  ingest_sources: SourceRow;
  ingest_source_fetches: {
    tenant_id: string;
    source_id: string;
    fetched_at: Date;
    duration_ms: number;
    outcome: string;
    http_status: number | null;
    bytes: number;
    items_new: number;
    items_changed: number;
    items_duplicate: number;
    items_rejected: number;
    code: string | null;
    detail: string | null;
    raw_body: string | null;
  };
  ingest_hosts: {
    host: string;
    paused_until: Date | null;
    robots_kind: 'rules' | 'absent' | 'unreachable' | null;
    robots_body: string | null;
    robots_fetched_at: Date | null;
  };
}

/** A row of `ingest_sources`. JSON columns are written as text. */
export interface SourceRow {
  tenant_id: string;
  source_id: string;
  kind: 'feed' | 'page' | 'webhook' | 'push';
  name: string;
  url: string | null;
  schedule: unknown;
  after_source_id: string | null;
  topics: unknown;
  acl: unknown;
  language: string | null;
  min_interval_seconds: number;
  items_per_fetch_max: number;
  respect_robots: boolean;
  state: 'active' | 'paused' | 'disabled';
  state_reason: string | null;
  secret: string | null;
  previous_secret: string | null;
  previous_secret_until: Date | null;
  next_fetch_at: Date | null;
  lease_until: Date | null;
  lease_epoch: Generated<string>;
  etag: string | null;
  last_modified: string | null;
  last_fetch_at: Date | null;
  last_success_at: Date | null;
  last_outcome: string | null;
  failures: Generated<number>;
  failing_since: Date | null;
  moved_to: string | null;
  moved_count: Generated<number>;
  version: Generated<number>;
  created_at: Date;
  updated_at: Date;
}
