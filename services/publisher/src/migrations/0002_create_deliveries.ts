import { enableTenantIsolation } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE publisher.publisher_notifications (
      id text PRIMARY KEY,
      tenant_id text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('document', 'notice', 'status', 'verification')),
      user_id text NOT NULL,
      subscription_id text,
      document_id text,
      document_version integer,
      topics text[] NOT NULL DEFAULT '{}',
      acl text[] NOT NULL DEFAULT '{}',
      payload jsonb NOT NULL,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      UNIQUE (subscription_id, document_id, document_version)
    )`.execute(db);
  await sql`CREATE INDEX publisher_notifications_created ON publisher.publisher_notifications USING brin (created_at)`.execute(
    db,
  );
  await sql`
    CREATE TABLE publisher.publisher_deliveries (
      id text PRIMARY KEY,
      tenant_id text NOT NULL,
      notification_id text NOT NULL,
      kind text NOT NULL,
      subscription_id text,
      endpoint_id text NOT NULL,
      user_id text NOT NULL,
      document_id text,
      channel text NOT NULL,
      state text NOT NULL CHECK (state IN
        ('pending', 'scheduled', 'sending', 'retry_wait', 'delivered', 'suppressed', 'failed', 'cancelled')),
      reason text,
      epoch integer NOT NULL DEFAULT 0,
      attempts integer NOT NULL DEFAULT 0,
      round_attempts integer NOT NULL DEFAULT 0,
      next_at timestamptz,
      digest_id text,
      digest_window timestamptz,
      delivered_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
    ) WITH (fillfactor = 70)`.execute(db);
  const open = sql.raw(
    `state IN ('pending', 'scheduled', 'retry_wait', 'sending') AND (digest_id IS NULL OR digest_id = id)`,
  );
  await sql`CREATE INDEX publisher_deliveries_due ON publisher.publisher_deliveries (endpoint_id, next_at, id) WHERE ${open}`.execute(
    db,
  );
  await sql`CREATE INDEX publisher_deliveries_order ON publisher.publisher_deliveries (endpoint_id, id) WHERE ${open}`.execute(
    db,
  );
  await sql`CREATE UNIQUE INDEX publisher_deliveries_digest ON publisher.publisher_deliveries (user_id, channel, endpoint_id, digest_window) WHERE digest_id = id`.execute(
    db,
  );
  await sql`CREATE INDEX publisher_deliveries_digest_members ON publisher.publisher_deliveries (digest_id) WHERE digest_id IS NOT NULL`.execute(
    db,
  );
  await sql`CREATE INDEX publisher_deliveries_user ON publisher.publisher_deliveries (tenant_id, user_id, id DESC)`.execute(
    db,
  );
  await sql`CREATE INDEX publisher_deliveries_subscription ON publisher.publisher_deliveries (subscription_id, id DESC)`.execute(
    db,
  );
  await sql`CREATE INDEX publisher_deliveries_document ON publisher.publisher_deliveries (document_id)`.execute(db);
  await sql`CREATE INDEX publisher_deliveries_notification ON publisher.publisher_deliveries (notification_id)`.execute(
    db,
  );
  await sql`
    CREATE TABLE publisher.publisher_engagements (
      delivery_id text NOT NULL,
      tenant_id text NOT NULL,
      subscription_id text,
      user_id text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('open', 'click', 'ack', 'dismiss')),
      occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (delivery_id, kind)
    )`.execute(db);
  await sql`CREATE INDEX publisher_engagements_user ON publisher.publisher_engagements (tenant_id, user_id, occurred_at)`.execute(
    db,
  );
  await sql`
    CREATE TABLE publisher.publisher_redeliveries (
      id text PRIMARY KEY,
      tenant_id text NOT NULL,
      user_id text NOT NULL,
      selection jsonb NOT NULL,
      per_second integer NOT NULL,
      state text NOT NULL CHECK (state IN ('running', 'paused', 'cancelled', 'done')),
      total integer NOT NULL,
      queued integer NOT NULL DEFAULT 0,
      last_delivery_id text NOT NULL DEFAULT '',
      advanced_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`.execute(db);
  await sql`CREATE INDEX publisher_redeliveries_running ON publisher.publisher_redeliveries (advanced_at) WHERE state = 'running'`.execute(
    db,
  );
  for (const table of ['notifications', 'deliveries', 'engagements', 'redeliveries']) {
    await enableTenantIsolation(db, 'publisher', `publisher_${table}`);
  }
}
