import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // The application role may not create tables; this function is the one thing that it can do about partitions.
  await sql`
    CREATE FUNCTION mesh.mesh_maintain_partitions(at timestamptz, ahead integer, keep integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = mesh, pg_temp SET timezone = 'UTC' AS $$
    DECLARE
      this_month timestamptz := date_trunc('month', at);
      month timestamptz;
      parent text;
      part_name text;
      part record;
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtext('mesh_maintain_partitions'));
      FOREACH parent IN ARRAY ARRAY['mesh_topology_history', 'mesh_messages'] LOOP
        FOR n IN 0..greatest(ahead, 0) LOOP
          month := this_month + make_interval(months => n);
          part_name := parent || '_' || to_char(month, '"y"YYYY"m"MM');
          CONTINUE WHEN to_regclass(format('mesh.%I', part_name)) IS NOT NULL;
          EXECUTE format('CREATE TABLE mesh.%I PARTITION OF mesh.%I FOR VALUES FROM (%L) TO (%L)',
            part_name, parent, month, month + interval '1 month');
          -- Rows are read through the parent and its policy; nobody reads a partition by its own name.
          EXECUTE format('ALTER TABLE mesh.%I ENABLE ROW LEVEL SECURITY', part_name);
        END LOOP;
        FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                     WHERE i.inhparent = format('mesh.%I', parent)::regclass LOOP
          IF to_timestamp(right(part.relname, 8), '"y"YYYY"m"MM') < this_month - make_interval(months => greatest(keep, 1)) THEN
            EXECUTE format('DROP TABLE mesh.%I', part.relname);
          END IF;
        END LOOP;
      END LOOP;
    END $$`.execute(db);
  await sql`SELECT mesh.mesh_maintain_partitions(now(), 3, 3)`.execute(db);
}
