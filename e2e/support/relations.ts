import type pg from 'pg';

/** A table, partition, view or sequence of the fleet's database. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'relation' | 'sequence';
  /** The first column that may be written, for an UPDATE; null for a sequence. */
  readonly column: string | null;
  readonly hasTenant: boolean;
  readonly isPartition: boolean;
}

/** Everything that holds data in these schemas, as PostgreSQL itself lists it. */
export async function relationsIn(client: pg.Client, schemas: readonly string[]): Promise<Relation[]> {
  const { rows } = await client.query<Relation>(
    `SELECT namespace.nspname AS schema, class.relname AS name,
            CASE class.relkind WHEN 'S' THEN 'sequence' ELSE 'relation' END AS kind,
            (SELECT attname FROM pg_attribute
              WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND class.relkind <> 'S'
              ORDER BY attnum LIMIT 1) AS "column",
            class.relispartition AS "isPartition",
            EXISTS (SELECT FROM pg_attribute
              WHERE attrelid = class.oid AND attname = 'tenant_id' AND NOT attisdropped) AS "hasTenant"
       FROM pg_class class JOIN pg_namespace namespace ON namespace.oid = class.relnamespace
      WHERE namespace.nspname = ANY ($1) AND class.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      ORDER BY 1, 2`,
    [schemas],
  );
  return rows;
}
