import { type Kysely, sql } from 'kysely';

/** The route table belongs to the installation, not to a tenant. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE gateway_route_snapshots (
      revision bigint PRIMARY KEY,
      digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
      config jsonb NOT NULL,
      route_count integer NOT NULL,
      source text NOT NULL CHECK (source IN ('file', 'api', 'rollback')),
      activated_by text,
      activated_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
}
