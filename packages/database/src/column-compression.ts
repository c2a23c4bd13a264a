import { type Kysely, sql } from 'kysely';

/**
 * Compresses what a column stores out of line with LZ4, which reads and writes several times faster than PostgreSQL's own
 * method. Does nothing on a server that was built without LZ4: its default method stays.
 */
export async function compressColumn(
  db: Kysely<unknown>,
  schema: string,
  table: string,
  column: string,
): Promise<void> {
  const { rows } = await sql<{ has_lz4: boolean }>`
    SELECT 'lz4' = ANY (enumvals) AS has_lz4 FROM pg_settings WHERE name = 'default_toast_compression'`.execute(db);
  if (rows[0]?.has_lz4 !== true) return;
  await sql`ALTER TABLE ${sql.id(schema, table)} ALTER COLUMN ${sql.id(column)} SET COMPRESSION lz4`.execute(db);
}
