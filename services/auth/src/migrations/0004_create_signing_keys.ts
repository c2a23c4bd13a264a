import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE auth.auth_signing_keys (
      kid text PRIMARY KEY,
      algorithm text NOT NULL CHECK (algorithm IN ('EdDSA', 'ES256')),
      state text NOT NULL CHECK (state IN ('next', 'active', 'retiring', 'retired')),
      public_jwk jsonb NOT NULL,
      private_sealed bytea,
      created_at timestamptz NOT NULL,
      activated_at timestamptz,
      retiring_at timestamptz,
      retired_at timestamptz,
      CHECK (private_sealed IS NOT NULL OR state IN ('retiring', 'retired'))
    )`.execute(db);
  await sql`CREATE UNIQUE INDEX auth_signing_keys_one_active ON auth.auth_signing_keys (algorithm) WHERE state = 'active'`.execute(
    db,
  );
  await sql`CREATE UNIQUE INDEX auth_signing_keys_one_next ON auth.auth_signing_keys (algorithm) WHERE state = 'next'`.execute(
    db,
  );
}
