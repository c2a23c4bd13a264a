import {
  createDeadLetterTable,
  createIdempotencyTable,
  createInboxTable,
  createOutboxTable,
  createPartitionMaintenance,
  enableTenantIsolation,
  partitionByMonth,
} from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

/** Meshes belong to the installation, not to a tenant: their tables have no tenant and no row-level security. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createOutboxTable(db, 'router');
  await createInboxTable(db, 'router');
  await createDeadLetterTable(db, 'router');
  await createIdempotencyTable(db, 'router');
  await enableTenantIsolation(db, 'router', 'router_idempotency');
  await sql`
    CREATE TABLE router.router_meshes (
      mesh_id text PRIMARY KEY,
      revision bigint NOT NULL,
      announced_revision bigint NOT NULL DEFAULT 0,
      changed_at timestamptz NOT NULL
    )`.execute(db);
  await sql`
    CREATE TABLE router.router_link_states (
      mesh_id text NOT NULL,
      origin bigint NOT NULL,
      epoch bigint NOT NULL,
      sequence bigint NOT NULL,
      revision bigint NOT NULL,
      is_withdrawn boolean NOT NULL,
      state jsonb NOT NULL,
      changed_at timestamptz NOT NULL,
      PRIMARY KEY (mesh_id, origin)
    )`.execute(db);
  await sql`CREATE INDEX router_link_states_revision ON router.router_link_states (mesh_id, revision)`.execute(db);
  await partitionByMonth(db, {
    schema: 'router',
    table: 'router_link_state_history',
    column: 'changed_at',
    columns: `
      mesh_id text NOT NULL,
      origin bigint NOT NULL,
      revision bigint NOT NULL,
      is_withdrawn boolean NOT NULL,
      state jsonb NOT NULL,
      changed_at timestamptz NOT NULL,
      PRIMARY KEY (mesh_id, origin, changed_at, revision)`,
  });
  await sql`
    CREATE TABLE router.router_policies (
      id text PRIMARY KEY,
      mesh_id text NOT NULL,
      name text NOT NULL,
      source bigint,
      destination bigint,
      constraints jsonb NOT NULL,
      is_enabled boolean NOT NULL,
      version integer NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`.execute(db);
  await sql`CREATE INDEX router_policies_mesh ON router.router_policies (mesh_id)`.execute(db);
  await createPartitionMaintenance(db, {
    schema: 'router',
    name: 'router_maintain_history',
    tables: ['router_link_state_history'],
  });
}
