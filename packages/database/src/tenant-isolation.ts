import { type Kysely, sql } from 'kysely';

/**
 * Puts a table under row-level security: a transaction sees the rows of its tenant, or all of them when it is a system
 * transaction. FORCE makes it hold for the table's owner as well. The table must have `tenant_id text not null`.
 */
export async function enableTenantIsolation(db: Kysely<unknown>, schema: string, table: string): Promise<void> {
  const name = sql.id(schema, table);
  await sql`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`.execute(db);
  await sql`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`.execute(db);
  await sql`
    CREATE POLICY tenant_isolation ON ${name}
    USING (tenant_id = current_setting('app.tenant_id', true) OR current_setting('app.system', true) = 'on')
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true) OR current_setting('app.system', true) = 'on')
  `.execute(db);
}
