import { type Kysely, sql } from 'kysely';

const NAME = /^[a-z_][a-z0-9_]*$/;
/** Months that are made ahead, and kept, by the first call. */
const MONTHS = 3;

/**
 * Makes the function `{schema}.{name}(at, ahead, keep)` and calls it once: it makes the partitions of the month of `at` and
 * of `ahead` more, and drops those more than `keep` months old, for tables that are partitioned by month. It runs as the
 * owner: an application role may not create tables, and this is the one thing that it can do about partitions. For
 * migrations.
 * @throws RangeError for a name that is no plain identifier
 */
export async function createPartitionMaintenance(
  db: Kysely<unknown>,
  { schema, name, tables }: { readonly schema: string; readonly name: string; readonly tables: readonly string[] },
): Promise<void> {
  for (const identifier of [schema, name, ...tables])
    if (!NAME.test(identifier)) throw new RangeError(`${identifier} is not a plain identifier`);
  const parents = tables.map((table) => `'${table}'`).join(', ');
  await sql
    .raw(`
    CREATE FUNCTION ${schema}.${name}(at timestamptz, ahead integer, keep integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_temp SET timezone = 'UTC' AS $$
    DECLARE
      this_month timestamptz := date_trunc('month', at);
      month timestamptz;
      parent text;
      part_name text;
      part record;
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtext('${name}'));
      FOREACH parent IN ARRAY ARRAY[${parents}] LOOP
        FOR n IN 0..greatest(ahead, 0) LOOP
          month := this_month + make_interval(months => n);
          part_name := parent || '_' || to_char(month, '"y"YYYY"m"MM');
          CONTINUE WHEN to_regclass(format('${schema}.%I', part_name)) IS NOT NULL;
          EXECUTE format('CREATE TABLE ${schema}.%I PARTITION OF ${schema}.%I FOR VALUES FROM (%L) TO (%L)',
            part_name, parent, month, month + interval '1 month');
          -- Rows are read through the parent and its policy; nobody reads a partition by its own name.
          EXECUTE format('ALTER TABLE ${schema}.%I ENABLE ROW LEVEL SECURITY', part_name);
        END LOOP;
        FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                     WHERE i.inhparent = format('${schema}.%I', parent)::regclass LOOP
          IF to_timestamp(right(part.relname, 8), '"y"YYYY"m"MM') < this_month - make_interval(months => greatest(keep, 1)) THEN
            EXECUTE format('DROP TABLE ${schema}.%I', part.relname);
          END IF;
        END LOOP;
      END LOOP;
    END $$`)
    .execute(db);
  await sql`SELECT ${sql.id(schema, name)}(now(), ${sql.lit(MONTHS)}, ${sql.lit(MONTHS)})`.execute(db);
}
