import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { migrate } from '@peermesh/database';
import { silentLogger, startTestPostgres, type TestDatabase, type TestPostgres } from '@peermesh/testkit';
import pg from 'pg';

let postgres: TestPostgres;
let target: TestDatabase;
let folder: string;
const logger = silentLogger();

before(async () => {
  postgres = await startTestPostgres();
});

after(async () => {
  await postgres.stop();
});

beforeEach(async (t) => {
  target = await postgres.createDatabase({ service: 'search' });
  folder = await mkdtemp(join(import.meta.dirname, '../fixtures/written-'));
  (t as { after?: (fn: () => Promise<void>) => void }).after?.(async () => {
    await target.drop();
    await rm(folder, { recursive: true });
  });
});

/** A migration that makes one table. */
const write = (name: string, table: string, rest = ''): Promise<void> =>
  writeFile(
    join(folder, `${name}.ts`),
    `import { sql, type Kysely } from 'kysely';
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql\`CREATE TABLE search.${table} (id text)\`.execute(db);
  ${rest}
}
`,
  );

const run = () => migrate({ url: target.ownerUrl, schema: 'search', migrationsDir: folder, logger });

async function tables(): Promise<string[]> {
  const client = new pg.Client({ connectionString: target.ownerUrl });
  await client.connect();
  const { rows } = await client.query<{ tablename: string }>(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'search' AND tablename <> 'search_migrations' ORDER BY 1",
  );
  await client.end();
  return rows.map((row) => row.tablename);
}

test('new migrations are applied behind those that are applied already', async () => {
  await write('0001_create_one', 'search_one');
  assert.deepEqual(await run(), { applied: ['0001_create_one'] });
  await write('0002_create_two', 'search_two');
  assert.deepEqual(await run(), { applied: ['0002_create_two'] });
  assert.deepEqual(await tables(), ['search_one', 'search_two']);
});

test('a migration that was edited after it had been applied is an error', async () => {
  await write('0001_create_one', 'search_one');
  await run();
  await write('0001_create_one', 'search_other');
  await assert.rejects(run(), /0001_create_one was edited/);
});

test('a migration that was applied and is gone is an error', async () => {
  await write('0001_create_one', 'search_one');
  await write('0002_create_two', 'search_two');
  await run();
  await rm(join(folder, '0002_create_two.ts'));
  await assert.rejects(run(), /without a file: 0002_create_two/);
});

test('a migration that comes before an applied one is an error', async () => {
  await write('0002_create_two', 'search_two');
  await run();
  await write('0001_create_one', 'search_one');
  await assert.rejects(run(), /0001_create_one comes before/);
});

test('a migration that fails leaves nothing of itself, and those before it stay', async () => {
  await write('0001_create_one', 'search_one');
  await write('0002_create_two', 'search_two', "throw new Error('half way');");
  await assert.rejects(run(), /0002_create_two failed: half way/);
  assert.deepEqual(await tables(), ['search_one']);
});

test('runners at the same time apply everything once', async () => {
  for (let n = 1; n <= 5; n += 1) await write(`000${n}_create_t${n}`, `search_t${n}`);
  const results = await Promise.all([run(), run(), run()]);
  assert.equal(results.flatMap(({ applied }) => applied).length, 5);
  assert.equal((await tables()).length, 5);
});
