import { enableTenantIsolation, partitionByMonth } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

/** Append-only: the application role may neither change nor delete rows, a trigger refuses it to everybody else. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await partitionByMonth(db, {
    schema: 'auth',
    table: 'auth_decisions',
    column: 'recorded_at',
    columns: `
      id text NOT NULL,
      tenant_id text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('authentication', 'authorization')),
      actor text,
      action text NOT NULL,
      resource text,
      allowed boolean NOT NULL,
      reason text NOT NULL,
      service text NOT NULL,
      ip text,
      request_id text,
      occurred_at timestamptz NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (id, recorded_at)`,
  });
  await sql`CREATE INDEX auth_decisions_occurred ON auth.auth_decisions (tenant_id, occurred_at DESC, id)`.execute(db);
  await sql`CREATE INDEX auth_decisions_actor ON auth.auth_decisions (tenant_id, actor, occurred_at DESC)`.execute(db);
  await enableTenantIsolation(db, 'auth', 'auth_decisions');
  await sql`REVOKE UPDATE, DELETE, TRUNCATE ON auth.auth_decisions FROM peermesh_auth`.execute(db);
  await sql`
    CREATE FUNCTION auth.auth_decisions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'auth_decisions is append-only' USING ERRCODE = 'insufficient_privilege';
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER auth_decisions_append_only BEFORE UPDATE OR DELETE ON auth.auth_decisions
    FOR EACH ROW EXECUTE FUNCTION auth.auth_decisions_refuse_change()`.execute(db);
  await sql`
    CREATE FUNCTION auth.auth_ensure_decision_partitions(ahead integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = auth, pg_temp AS $$
    DECLARE
      first_day timestamp;
      partition_name text;
    BEGIN
      IF ahead NOT BETWEEN 0 AND 24 THEN
        RAISE EXCEPTION 'ahead must lie between 0 and 24';
      END IF;
      PERFORM pg_advisory_xact_lock(hashtext('auth_decisions.partitions'));
      FOR step IN 0..ahead LOOP
        first_day := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step);
        partition_name := format('auth_decisions_y%sm%s', to_char(first_day, 'YYYY'), to_char(first_day, 'MM'));
        IF to_regclass(format('auth.%I', partition_name)) IS NULL THEN
          EXECUTE format('CREATE TABLE auth.%I PARTITION OF auth.auth_decisions FOR VALUES FROM (%L) TO (%L)', partition_name,
            first_day AT TIME ZONE 'UTC', (first_day + interval '1 month') AT TIME ZONE 'UTC');
          EXECUTE format('REVOKE ALL ON auth.%I FROM peermesh_auth', partition_name);
        END IF;
      END LOOP;
    END $$`.execute(db);
  await sql`SELECT auth.auth_ensure_decision_partitions(3)`.execute(db);
}
