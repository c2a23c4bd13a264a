import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE mesh.mesh_decisions (
      mesh_id text NOT NULL,
      incarnation text NOT NULL,
      log_index bigint NOT NULL,
      decision text NOT NULL,
      about text NOT NULL,
      operator text NOT NULL,
      node bigint NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (mesh_id, incarnation, log_index)
    )`.execute(db);
}
