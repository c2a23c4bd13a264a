import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SERVICE_NAMES, schemaOf } from '@peermesh/infra/catalog';
import { appRole, ownerRole } from '@peermesh/infra/postgres';
import { startTestFleet, type TestFleet } from '@peermesh/testkit/fleet';
import pg from 'pg';
import { type Relation, relationsIn } from '../support/relations.ts';

let fleet: TestFleet;
const clients: pg.Client[] = [];

before(async () => {
  fleet = await startTestFleet();
});
after(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await fleet?.stop();
});

async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  clients.push(client);
  return client;
}

/** The SQLSTATE that a statement fails with; null when it works. What it did is undone. */
async function refusalOf(client: pg.Client, statement: string): Promise<string | null> {
  await client.query('SAVEPOINT attempt');
  try {
    await client.query(statement);
    return null;
  } catch (error) {
    return (error as pg.DatabaseError).code ?? String(error);
  } finally {
    await client.query('ROLLBACK TO SAVEPOINT attempt');
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

function everyAccess({ schema, name, kind, column }: Relation): Record<string, string> {
  const relation = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
  if (kind === 'sequence')
    return { nextval: `SELECT nextval('${relation}')`, read: `SELECT last_value FROM ${relation}` };
  const written = pg.escapeIdentifier(column ?? '');
  return {
    select: `SELECT count(*) FROM ${relation}`,
    insert: `INSERT INTO ${relation} (${written}) VALUES (NULL)`,
    update: `UPDATE ${relation} SET ${written} = NULL`,
    delete: `DELETE FROM ${relation}`,
    truncate: `TRUNCATE ${relation}`,
    lock: `LOCK TABLE ${relation} IN ACCESS SHARE MODE`,
  };
}

for (const service of SERVICE_NAMES) {
  test(`the roles of ${service} are refused everything that belongs to another service`, async () => {
    const superuser = await connectTo(fleet.databaseUrl('superuser'));
    const foreign = await relationsIn(superuser, SERVICE_NAMES.filter((name) => name !== service).map(schemaOf));
    assert.ok(foreign.length > 40, `${foreign.length} relations`);
    const application = await connectTo(fleet.databaseUrl(service));
    const { rows } = await application.query<{ role: string }>('SELECT current_user AS role');
    assert.equal(rows[0]?.role, appRole(service));
    await superuser.query('BEGIN');
    await superuser.query(`SET LOCAL ROLE ${pg.escapeIdentifier(ownerRole(service))}`);
    await application.query('BEGIN');
    const allowed: string[] = [];
    for (const [role, client] of Object.entries({ application, owner: superuser })) {
      for (const relation of foreign) {
        for (const [access, statement] of Object.entries(everyAccess(relation))) {
          const code = await refusalOf(client, statement);
          if (code !== INSUFFICIENT_PRIVILEGE)
            allowed.push(`${role}: ${access} ${relation.schema}.${relation.name} ${code}`);
        }
      }
      for (const schema of ['public', ...SERVICE_NAMES.filter((name) => name !== service).map(schemaOf)]) {
        const code = await refusalOf(client, `CREATE TABLE ${pg.escapeIdentifier(schema)}.intruder (id int)`);
        if (code !== INSUFFICIENT_PRIVILEGE) allowed.push(`${role}: create in ${schema} ${code}`);
      }
      await client.query('ROLLBACK');
    }
    assert.deepEqual(allowed, []);
  });
}

test('a service cannot change the shape of its own tables', async () => {
  for (const service of SERVICE_NAMES) {
    const superuser = await connectTo(fleet.databaseUrl('superuser'));
    const application = await connectTo(fleet.databaseUrl(service));
    await application.query('BEGIN');
    const own = await relationsIn(superuser, [schemaOf(service)]);
    const tables = own.filter(({ kind }) => kind === 'relation');
    for (const { schema, name } of tables) {
      const relation = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
      assert.equal(await refusalOf(application, `DROP TABLE ${relation}`), INSUFFICIENT_PRIVILEGE, name);
      const alter = `ALTER TABLE ${relation} DISABLE ROW LEVEL SECURITY`;
      assert.equal(await refusalOf(application, alter), INSUFFICIENT_PRIVILEGE, name);
    }
    await application.query('ROLLBACK');
  }
});

test('every row of a tenant that a service can reach is behind forced row-level security', async () => {
  const superuser = await connectTo(fleet.databaseUrl('superuser'));
  const { rows } = await superuser.query<{ name: string }>(
    `SELECT class.oid::regclass::text AS name FROM pg_class class
      JOIN pg_namespace namespace ON namespace.oid = class.relnamespace
      JOIN pg_attribute attribute ON attribute.attrelid = class.oid AND attribute.attname = 'tenant_id'
     WHERE namespace.nspname = ANY ($1) AND class.relkind IN ('r', 'p')
       AND NOT (class.relrowsecurity AND (class.relforcerowsecurity OR class.relispartition))
       AND has_table_privilege('peermesh_' || namespace.nspname, class.oid, 'SELECT, INSERT, UPDATE, DELETE')
     ORDER BY 1`,
    [SERVICE_NAMES.map(schemaOf)],
  );
  assert.deepEqual(
    rows.map(({ name }) => name),
    [],
  );
});
