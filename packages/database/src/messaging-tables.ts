import { type Kysely, sql } from 'kysely';
import { compressColumn } from './column-compression.ts';
import { enableTenantIsolation } from './tenant-isolation.ts';

/**
 * `{module}_outbox`: events written in the business transaction, several in one row: `events` is their header blocks and
 * bodies, `sizes` how many bytes each of them has. `xid` lets the relay read behind the oldest open transaction, so that a
 * row which commits late is never skipped. `{module}_outbox_leader` holds how far the relay has come,
 * `{module}_outbox_chunks` where in its streams each published stretch ended.
 */
export async function createOutboxTable(db: Kysely<unknown>, module: string): Promise<void> {
  const table = sql.id(module, `${module}_outbox`);
  await sql`
    CREATE TABLE ${table} (
      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
      subject text NOT NULL,
      stream text NOT NULL,
      sizes integer[] NOT NULL,
      events bytea NOT NULL,
      is_text boolean NOT NULL,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`.execute(db);
  await compressColumn(db, module, `${module}_outbox`, 'events');
  await sql`CREATE INDEX ${sql.id(`${module}_outbox_xid`)} ON ${table} (xid)`.execute(db);
  const leader = sql.id(module, `${module}_outbox_leader`);
  await sql`
    CREATE TABLE ${leader} (
      singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
      epoch bigint NOT NULL DEFAULT 0,
      holder text,
      taken_at timestamptz,
      done_before bigint NOT NULL DEFAULT 0
    )`.execute(db);
  await sql`INSERT INTO ${leader} DEFAULT VALUES`.execute(db);
  const chunks = sql.id(module, `${module}_outbox_chunks`);
  await sql`
    CREATE TABLE ${chunks} (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      xid_from bigint NOT NULL,
      xid_to bigint NOT NULL,
      position_from bigint NOT NULL,
      position_to bigint NOT NULL,
      stream text NOT NULL,
      stream_seq bigint NOT NULL,
      stream_created text NOT NULL,
      published_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`.execute(db);
  await sql`CREATE INDEX ${sql.id(`${module}_outbox_chunks_stream`)} ON ${chunks} (stream, stream_seq)`.execute(db);
}

/** `{module}_inbox`: which event each consumer has had its effect of. */
export async function createInboxTable(db: Kysely<unknown>, module: string): Promise<void> {
  const table = sql.id(module, `${module}_inbox`);
  await sql`
    CREATE TABLE ${table} (
      consumer text NOT NULL,
      message_id uuid NOT NULL,
      status text NOT NULL CHECK (status IN ('done', 'dead')),
      received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (consumer, message_id)
    )`.execute(db);
  await sql`CREATE INDEX ${sql.id(`${module}_inbox_received_at`)} ON ${table} USING brin (received_at)`.execute(db);
}

/** `{module}_dead_letters`: events that a consumer gave up on, with everything needed to try again. */
export async function createDeadLetterTable(db: Kysely<unknown>, module: string): Promise<void> {
  const table = sql.id(module, `${module}_dead_letters`);
  await sql`
    CREATE TABLE ${table} (
      id text PRIMARY KEY,
      tenant_id text NOT NULL,
      consumer text NOT NULL,
      stream text NOT NULL,
      stream_seq bigint NOT NULL,
      subject text NOT NULL,
      event_id uuid,
      headers jsonb NOT NULL,
      body bytea NOT NULL,
      code text NOT NULL,
      reason text NOT NULL,
      attempts integer NOT NULL,
      state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'scheduled', 'redriven', 'resolved', 'discarded')),
      first_failed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      last_failed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      redrive_at timestamptz,
      resolved_at timestamptz,
      resolved_by text,
      redrives integer NOT NULL DEFAULT 0
    )`.execute(db);
  await sql`CREATE INDEX ${sql.id(`${module}_dead_letters_state`)} ON ${table} (state, last_failed_at DESC)`.execute(
    db,
  );
  await sql`CREATE UNIQUE INDEX ${sql.id(`${module}_dead_letters_origin`)} ON ${table} (consumer, stream, stream_seq)`.execute(
    db,
  );
  await sql`CREATE INDEX ${sql.id(`${module}_dead_letters_due`)} ON ${table} (redrive_at) WHERE state = 'scheduled'`.execute(
    db,
  );
  await enableTenantIsolation(db, module, `${module}_dead_letters`);
}

/** `{module}_idempotency`: results of writes by `Idempotency-Key`. */
export async function createIdempotencyTable(db: Kysely<unknown>, module: string): Promise<void> {
  const table = sql.id(module, `${module}_idempotency`);
  await sql`
    CREATE TABLE ${table} (
      tenant_id text NOT NULL,
      subject text NOT NULL,
      key text NOT NULL,
      method text NOT NULL,
      route text NOT NULL,
      fingerprint text NOT NULL,
      state text NOT NULL CHECK (state IN ('in_flight', 'done')),
      owner uuid NOT NULL,
      status integer,
      headers jsonb,
      body bytea,
      lock_until timestamptz NOT NULL,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      expires_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, subject, key)
    )`.execute(db);
  await sql`CREATE INDEX ${sql.id(`${module}_idempotency_expires_at`)} ON ${table} (expires_at)`.execute(db);
}
