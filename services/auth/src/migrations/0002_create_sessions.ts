import { enableTenantIsolation } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE auth.auth_sessions (
      id text PRIMARY KEY,
      tenant_id text NOT NULL,
      user_id text NOT NULL REFERENCES auth.auth_users ON DELETE CASCADE,
      device text,
      ip text,
      user_agent text,
      created_at timestamptz NOT NULL,
      last_seen_at timestamptz NOT NULL,
      idle_expires_at timestamptz NOT NULL,
      absolute_expires_at timestamptz NOT NULL,
      revoked_at timestamptz,
      revoked_reason text
    )`.execute(db);
  await sql`CREATE INDEX auth_sessions_user ON auth.auth_sessions (user_id, created_at DESC)`.execute(db);
  await sql`CREATE INDEX auth_sessions_expiry ON auth.auth_sessions (idle_expires_at)`.execute(db);
  await enableTenantIsolation(db, 'auth', 'auth_sessions');
  await sql`
    CREATE TABLE auth.auth_refresh_tokens (
      hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
      tenant_id text NOT NULL,
      session_id text NOT NULL REFERENCES auth.auth_sessions ON DELETE CASCADE,
      generation integer NOT NULL,
      parent bytea,
      issued_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      used_at timestamptz,
      successor_sealed bytea,
      UNIQUE (session_id, generation)
    )`.execute(db);
  await enableTenantIsolation(db, 'auth', 'auth_refresh_tokens');
  await sql`
    CREATE TABLE auth.auth_login_attempts (
      scope text NOT NULL,
      key text NOT NULL,
      failures integer NOT NULL,
      pending integer NOT NULL,
      pending_until timestamptz NOT NULL,
      blocked_until timestamptz,
      forgotten_at timestamptz NOT NULL,
      PRIMARY KEY (scope, key)
    )`.execute(db);
  await sql`CREATE INDEX auth_login_attempts_forgotten ON auth.auth_login_attempts (forgotten_at)`.execute(db);
}
