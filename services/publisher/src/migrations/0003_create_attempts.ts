import { enableTenantIsolation } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE publisher.publisher_attempts (
      delivery_id text NOT NULL,
      tenant_id text NOT NULL,
      number integer NOT NULL,
      started_at timestamptz NOT NULL,
      latency_ms integer NOT NULL,
      outcome text NOT NULL,
      http_status integer,
      response text,
      PRIMARY KEY (started_at, delivery_id, number)
    ) PARTITION BY RANGE (started_at)`.execute(db);
  await sql`CREATE INDEX publisher_attempts_delivery ON publisher.publisher_attempts (delivery_id)`.execute(db);
  await enableTenantIsolation(db, 'publisher', 'publisher_attempts');
  // The application role may not create tables; this function is the one thing that it can do about partitions.
  await sql`
    CREATE FUNCTION publisher.publisher_maintain_attempts(at timestamptz, ahead integer, keep integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = publisher, pg_temp SET timezone = 'UTC' AS $$
    DECLARE
      this_month timestamptz := date_trunc('month', at);
      month timestamptz;
      part_name text;
      part record;
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtext('publisher_maintain_attempts'));
      FOR n IN 0..greatest(ahead, 0) LOOP
        month := this_month + make_interval(months => n);
        part_name := 'publisher_attempts_' || to_char(month, '"y"YYYY"m"MM');
        CONTINUE WHEN to_regclass(format('publisher.%I', part_name)) IS NOT NULL;
        EXECUTE format('CREATE TABLE publisher.%I PARTITION OF publisher.publisher_attempts FOR VALUES FROM (%L) TO (%L)',
          part_name, month, month + interval '1 month');
        -- Rows are read through the parent and its policy; nobody reads a partition by its own name.
        EXECUTE format('ALTER TABLE publisher.%I ENABLE ROW LEVEL SECURITY', part_name);
      END LOOP;
      FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                   WHERE i.inhparent = 'publisher.publisher_attempts'::regclass LOOP
        IF to_timestamp(right(part.relname, 8), '"y"YYYY"m"MM') < this_month - make_interval(months => greatest(keep, 1)) THEN
          EXECUTE format('DROP TABLE publisher.%I', part.relname);
        END IF;
      END LOOP;
    END $$`.execute(db);
  await sql`SELECT publisher.publisher_maintain_attempts(now(), 3, 3)`.execute(db);
}
