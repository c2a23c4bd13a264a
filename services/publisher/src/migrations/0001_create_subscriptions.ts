import {
  createDeadLetterTable,
  createIdempotencyTable,
  createInboxTable,
  createOutboxTable,
  enableTenantIsolation,
} from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createOutboxTable(db, 'publisher');
  await createInboxTable(db, 'publisher');
  await createDeadLetterTable(db, 'publisher');
  await createIdempotencyTable(db, 'publisher');
  await sql`
    CREATE TABLE publisher.publisher_endpoints (
      id text PRIMARY KEY,
      tenant_id text NOT NULL,
      user_id text NOT NULL,
      channel text NOT NULL CHECK (channel IN ('webhook', 'realtime', 'email', 'callback')),
      name text NOT NULL,
      url text,
      email text,
      secret_sealed text,
      previous_secret_sealed text,
      previous_secret_until timestamptz,
      state text NOT NULL CHECK (state IN ('active', 'unverified', 'disabled')),
      disabled_reason text,
      is_ordered boolean NOT NULL,
      rate_per_second integer NOT NULL,
      failing_since timestamptz,
      warned_percent integer NOT NULL DEFAULT 0,
      last_success_at timestamptz,
      verification_sent_at timestamptz,
      version integer NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`.execute(db);
  await sql`CREATE INDEX publisher_endpoints_user ON publisher.publisher_endpoints (tenant_id, user_id)`.execute(db);
  await sql`
    CREATE TABLE publisher.publisher_endpoint_gates (
      endpoint_id text PRIMARY KEY REFERENCES publisher.publisher_endpoints ON DELETE CASCADE,
      tenant_id text NOT NULL,
      tokens double precision NOT NULL DEFAULT 0,
      tokens_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      failures integer NOT NULL DEFAULT 0,
      open_until timestamptz NOT NULL DEFAULT '-infinity',
      claimed_at timestamptz NOT NULL DEFAULT '-infinity'
    ) WITH (fillfactor = 50)`.execute(db);
  await sql`
    CREATE TABLE publisher.publisher_subscriptions (
      id text PRIMARY KEY,
      tenant_id text NOT NULL,
      user_id text NOT NULL,
      user_roles text[] NOT NULL,
      name text NOT NULL,
      filter jsonb NOT NULL,
      endpoint_ids text[] NOT NULL,
      callback_endpoint_id text,
      state text NOT NULL CHECK (state IN ('active', 'paused', 'deleted')),
      changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
      version integer NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`.execute(db);
  await sql`CREATE INDEX publisher_subscriptions_user ON publisher.publisher_subscriptions (tenant_id, user_id)`.execute(
    db,
  );
  await sql`CREATE INDEX publisher_subscriptions_changed ON publisher.publisher_subscriptions (changed_xid)`.execute(
    db,
  );
  await sql`
    CREATE TABLE publisher.publisher_preferences (
      tenant_id text NOT NULL,
      user_id text NOT NULL,
      preferences jsonb NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (tenant_id, user_id)
    )`.execute(db);
  for (const table of ['endpoints', 'endpoint_gates', 'subscriptions', 'preferences']) {
    await enableTenantIsolation(db, 'publisher', `publisher_${table}`);
  }
}
