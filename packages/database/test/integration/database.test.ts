import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createDatabase, type Database, migrate } from '@peermesh/database';
import { silentLogger, startTestPostgres, type TestDatabase, type TestPostgres } from '@peermesh/testkit';

interface Schema {
  search_notes: { id: string; tenant_id: string; body: string };
}

let postgres: TestPostgres;
let target: TestDatabase;
let db: Database<Schema>;
const logger = silentLogger();
const migrationsDir = new URL('../fixtures/migrations/', import.meta.url);

before(async () => {
  postgres = await startTestPostgres();
  target = await postgres.createDatabase({ service: 'search' });
  const { applied } = await migrate({ url: target.ownerUrl, schema: 'search', migrationsDir, logger });
  assert.deepEqual(applied, ['0001_create_everything']);
  db = createDatabase<Schema>({ url: target.appUrl, schema: 'search', applicationName: 'test', logger });
});

after(async () => {
  await db.close();
  await target.drop();
  await postgres.stop();
});

const insertNote = (tenantId: string, id: string): Promise<unknown> =>
  db.tenant(tenantId, (tx) =>
    tx.query.insertInto('search_notes').values({ id, tenant_id: tenantId, body: 'x' }).execute(),
  );

test('applying migrations again does nothing', async () => {
  assert.deepEqual(await migrate({ url: target.ownerUrl, schema: 'search', migrationsDir, logger }), { applied: [] });
});

test('a tenant sees its own rows only, a system transaction sees all', async () => {
  await insertNote('red', 'n1');
  await insertNote('blue', 'n2');
  const read = (tenant: string) =>
    db.tenant(tenant, (tx) => tx.query.selectFrom('search_notes').select('id').orderBy('id').execute());
  assert.deepEqual(await read('red'), [{ id: 'n1' }]);
  assert.deepEqual(await read('blue'), [{ id: 'n2' }]);
  const all = await db.system((tx) => tx.query.selectFrom('search_notes').select('id').orderBy('id').execute());
  assert.deepEqual(all, [{ id: 'n1' }, { id: 'n2' }]);
});

test('a statement that travels with BEGIN sees the tenant, gives its result, and is undone with the transaction', async () => {
  const insert = (id: string, tenant: string) =>
    `INSERT INTO search_notes (id, tenant_id, body) VALUES ('${id}', '${tenant}', 'x') RETURNING id`;
  const kept = await db.tenant('green', async (tx) => tx.opening?.rows, { opening: insert('n10', 'green') });
  assert.deepEqual(kept, [{ id: 'n10' }]);
  const undone = db.tenant(
    'green',
    async () => {
      throw new Error('undo');
    },
    { opening: insert('n11', 'green') },
  );
  await assert.rejects(undone, /undo/);
  await assert.rejects(
    db.tenant('green', async () => undefined, { opening: insert('n12', 'blue') }),
    { code: '42501' },
  );
  const ids = await db.tenant('green', async (tx) => tx.opening?.rows, { opening: 'SELECT id FROM search_notes' });
  assert.deepEqual(ids, [{ id: 'n10' }]);
  assert.equal(await db.tenant('green', async (tx) => tx.opening), null);
  await db.system((tx) => tx.query.deleteFrom('search_notes').where('id', '=', 'n10').execute());
});

test('a tenant cannot write a row of another tenant', async () => {
  await assert.rejects(
    db.tenant('red', (tx) =>
      tx.query.insertInto('search_notes').values({ id: 'n3', tenant_id: 'blue', body: 'x' }).execute(),
    ),
    { code: '42501' },
  );
});

test('a connection outside any transaction of ours sees nothing', async () => {
  const { rows } = await db.pool.query('SELECT id FROM search_notes');
  assert.deepEqual(rows, []);
});

test('a thrown error rolls back and runs no afterCommit callback', async () => {
  let called = false;
  await assert.rejects(
    db.tenant('red', async (tx) => {
      tx.afterCommit(() => {
        called = true;
      });
      await tx.query.insertInto('search_notes').values({ id: 'gone', tenant_id: 'red', body: 'x' }).execute();
      throw new Error('no');
    }),
    /^Error: no$/,
  );
  assert.equal(called, false);
  const left = await db.tenant('red', (tx) =>
    tx.query.selectFrom('search_notes').select('id').where('id', '=', 'gone').execute(),
  );
  assert.deepEqual(left, []);
});

test('a connection killed in the middle of the work is replaced and the work runs again', async () => {
  let runs = 0;
  await db.tenant('red', async (tx) => {
    runs += 1;
    await tx.query.insertInto('search_notes').values({ id: 'again', tenant_id: 'red', body: 'x' }).execute();
    if (runs === 1) await tx.client.query('SELECT pg_terminate_backend(pg_backend_pid())');
  });
  assert.equal(runs, 2);
});

test('the statement timeout of a transaction is enforced by the server', async () => {
  await assert.rejects(
    db.tenant('red', (tx) => tx.client.query('SELECT pg_sleep(5)'), { statementTimeoutMs: 50 }),
    { code: '57014' },
  );
});
