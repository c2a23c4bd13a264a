import { enableTenantIsolation } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE auth.auth_api_keys (
      id text PRIMARY KEY,
      tenant_id text NOT NULL,
      user_id text NOT NULL REFERENCES auth.auth_users ON DELETE CASCADE,
      name text NOT NULL,
      prefix text NOT NULL,
      hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
      scopes text[] NOT NULL,
      created_at timestamptz NOT NULL,
      expires_at timestamptz,
      last_used_at timestamptz,
      revoked_at timestamptz
    )`.execute(db);
  await sql`CREATE INDEX auth_api_keys_user ON auth.auth_api_keys (user_id, created_at DESC)`.execute(db);
  await enableTenantIsolation(db, 'auth', 'auth_api_keys');
}
