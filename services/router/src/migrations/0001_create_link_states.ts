import {
  createDeadLetterTable,
  createIdempotencyTable,
  createInboxTable,
  createOutboxTable,
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
  // The application role may not create tables; this function is the one thing that it can do about partitions.
  await sql`
    CREATE FUNCTION router.router_maintain_history(at timestamptz, ahead integer, keep integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = router, pg_temp SET timezone = 'UTC' AS $$
    DECLARE
      this_month timestamptz := date_trunc('month', at);
      month timestamptz;
      part_name text;
      part record;
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtext('router_maintain_history'));
      FOR n IN 0..greatest(ahead, 0) LOOP
        month := this_month + make_interval(months => n);
        part_name := 'router_link_state_history_' || to_char(month, '"y"YYYY"m"MM');
        CONTINUE WHEN to_regclass(format('router.%I', part_name)) IS NOT NULL;
        EXECUTE format('CREATE TABLE router.%I PARTITION OF router.router_link_state_history FOR VALUES FROM (%L) TO (%L)',
          part_name, month, month + interval '1 month');
      END LOOP;
      FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                   WHERE i.inhparent = 'router.router_link_state_history'::regclass LOOP
        IF to_timestamp(right(part.relname, 8), '"y"YYYY"m"MM') < this_month - make_interval(months => greatest(keep, 1)) THEN
          EXECUTE format('DROP TABLE router.%I', part.relname);
        END IF;
      END LOOP;
    END $$`.execute(db);
  await sql`SELECT router.router_maintain_history(now(), 3, 3)`.execute(db);
}
