import { type Kysely, sql } from 'kysely';
import { compressColumn } from './column-compression.ts';

/**
 * Gives an outbox that has one event in a row the form of {@link createOutboxTable}, where a row holds several; does nothing
 * to one that has it already. What waits for the relay stays, and keeps its place.
 */
export async function bundleOutboxEvents(db: Kysely<unknown>, module: string): Promise<void> {
  const name = `${module}_outbox`;
  const { rows } = await sql<{ old: boolean }>`
    SELECT EXISTS (SELECT FROM information_schema.columns
                    WHERE table_schema = ${module} AND table_name = ${name} AND column_name = 'headers') AS old`.execute(
    db,
  );
  if (rows[0]?.old !== true) return;
  const table = sql.id(module, name);
  await sql`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY`.execute(db);
  await sql`ALTER TABLE ${table} ADD sizes integer[], ADD events bytea, ADD is_text boolean`.execute(db);
  await sql`
    UPDATE ${table} SET sizes = ARRAY[octet_length(headers), octet_length(body)], events = headers || body, is_text = false`.execute(
    db,
  );
  await sql`
    ALTER TABLE ${table} ALTER sizes SET NOT NULL, ALTER events SET NOT NULL, ALTER is_text SET NOT NULL,
      DROP headers, DROP body, DROP partition_key, DROP tenant_id CASCADE`.execute(db);
  await sql`DROP INDEX IF EXISTS ${sql.id(module, `${name}_xid`)}`.execute(db);
  await sql`CREATE INDEX ${sql.id(`${name}_xid`)} ON ${table} (xid)`.execute(db);
  await compressColumn(db, module, name, 'events');
}
