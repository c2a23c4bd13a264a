import { enableTenantIsolation } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE mesh.mesh_configurations (
      mesh_id text PRIMARY KEY,
      join_policy text NOT NULL,
      health text NOT NULL CHECK (health IN ('healthy', 'degraded', 'critical')),
      leader bigint,
      term bigint NOT NULL,
      members integer NOT NULL,
      unreachable integer NOT NULL,
      version bigint NOT NULL,
      observed_by bigint NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`.execute(db);
  await sql`
    CREATE TABLE mesh.mesh_nodes (
      mesh_id text NOT NULL,
      short_id bigint NOT NULL,
      node_id text NOT NULL,
      name text NOT NULL,
      region text NOT NULL,
      addresses text[] NOT NULL,
      state text NOT NULL CHECK (state IN ('member', 'left', 'evicted')),
      is_alive boolean NOT NULL DEFAULT true,
      version bigint NOT NULL,
      joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (mesh_id, short_id)
    )`.execute(db);
  await sql`
    CREATE TABLE mesh.mesh_link_states (
      mesh_id text NOT NULL,
      origin bigint NOT NULL,
      epoch bigint NOT NULL,
      sequence bigint NOT NULL,
      withdrawn boolean NOT NULL,
      body jsonb NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (mesh_id, origin)
    )`.execute(db);
  await sql`
    CREATE TABLE mesh.mesh_topology_history (
      recorded_at timestamptz NOT NULL,
      mesh_id text NOT NULL,
      observed_by bigint NOT NULL,
      revision bigint NOT NULL,
      nodes integer NOT NULL,
      links integer NOT NULL,
      topology jsonb NOT NULL,
      PRIMARY KEY (recorded_at, mesh_id, observed_by, revision)
    ) PARTITION BY RANGE (recorded_at)`.execute(db);
  await sql`CREATE INDEX mesh_topology_history_observer ON mesh.mesh_topology_history (mesh_id, observed_by, recorded_at)`.execute(
    db,
  );
  await sql`
    CREATE TABLE mesh.mesh_messages (
      recorded_at timestamptz NOT NULL,
      tenant_id text NOT NULL,
      mesh_id text NOT NULL,
      node bigint NOT NULL,
      topic text NOT NULL,
      origin bigint NOT NULL,
      first_offset bigint NOT NULL,
      messages integer NOT NULL,
      bytes bigint NOT NULL,
      PRIMARY KEY (recorded_at, mesh_id, node, tenant_id, topic, first_offset)
    ) PARTITION BY RANGE (recorded_at)`.execute(db);
  await sql`CREATE INDEX mesh_messages_topic ON mesh.mesh_messages (tenant_id, topic, recorded_at)`.execute(db);
  await enableTenantIsolation(db, 'mesh', 'mesh_messages');
}
