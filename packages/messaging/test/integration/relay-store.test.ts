import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { migrate } from '@peermesh/database';
import { silentLogger, startTestPostgres, type TestDatabase, type TestPostgres } from '@peermesh/testkit';
import pg from 'pg';
import { type OutboxPage, RELAY_SESSION, RelayStore } from '../../src/relay-store.ts';

const ROWS = 3_000;
const BYTES = 20_000;

let postgres: TestPostgres;
let database: TestDatabase;
let client: pg.Client;

before(async () => {
  // Its own: a transaction of another test, still open, would hold back what is settled.
  postgres = await startTestPostgres({ own: true });
  database = await postgres.createDatabase({ service: 'search' });
  await migrate({
    url: database.ownerUrl,
    schema: 'search',
    migrationsDir: new URL('../fixtures/migrations/', import.meta.url),
    logger: silentLogger(),
  });
  // As the superuser, who alone may forbid files for sorting.
  client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
});

after(async () => {
  await client.end();
  await database.drop();
  await postgres.stop();
});

async function write(rows: number, text: string): Promise<void> {
  await client.query(
    `INSERT INTO search.search_outbox (subject, stream, sizes, events, is_text)
     SELECT 'note.taken', 'NOTE', ARRAY[0, length($2)], convert_to($2, 'UTF8'), true FROM generate_series(1, $1::int)`,
    [rows, text],
  );
}

async function pagesOf(store: RelayStore): Promise<OutboxPage[]> {
  const pages: OutboxPage[] = [];
  do {
    pages.push(await store.nextPage());
  } while (pages.at(-1)?.isLast !== true);
  return pages;
}

test('a round larger than the memory of a session is read page by page, in order, without files', async () => {
  await client.query(RELAY_SESSION);
  const store = new RelayStore(client, 'search', 'search');
  assert.equal(await store.lead('one'), true);
  await write(ROWS, 'x'.repeat(BYTES));
  await client.query('SET temp_file_limit = 0');
  const pages = await pagesOf(store);
  const rows = pages.flatMap((page) => page.rows);
  assert.equal(rows.length, ROWS);
  assert.ok(pages.length > 10, `${pages.length} pages`);
  assert.ok(rows.every(({ text }) => text?.length === BYTES));
  const positions = rows.map(({ position }) => Number(position));
  assert.deepEqual(
    positions,
    positions.toSorted((a, b) => a - b),
  );
  for (const page of pages) store.note(page, []);
  await store.settle();
  assert.deepEqual(
    (await pagesOf(store)).flatMap((page) => page.rows),
    [],
    'the next round has nothing of it',
  );
  await store.settle();
});
