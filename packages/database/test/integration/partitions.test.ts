import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dropPartitionsOlderThan, ensurePartitions } from '@peermesh/database';
import { startTestPostgres, type TestDatabase, type TestPostgres } from '@peermesh/testkit';
import pg from 'pg';

const table = { schema: 'search', table: 'search_attempts' };
let postgres: TestPostgres;
let target: TestDatabase;
let owner: pg.Pool;

before(async () => {
  postgres = await startTestPostgres();
  target = await postgres.createDatabase({ service: 'search' });
  owner = new pg.Pool({ connectionString: target.ownerUrl, max: 1 });
  await owner.query(
    'CREATE TABLE search.search_attempts (id text NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (at, id)) PARTITION BY RANGE (at)',
  );
});

after(async () => {
  await owner.end();
  await target.drop();
  await postgres.stop();
});

const insert = (at: string): Promise<unknown> =>
  owner.query('INSERT INTO search.search_attempts VALUES ($1, $2)', [at, at]);

test('partitions are made for this month and the months ahead, over the end of the year', async () => {
  const now = new Date('2026-11-30T23:59:59.999Z');
  assert.deepEqual(await ensurePartitions(owner, table, { aheadMonths: 3, now }), [
    'search_attempts_y2026m11',
    'search_attempts_y2026m12',
    'search_attempts_y2027m01',
    'search_attempts_y2027m02',
  ]);
});

test('making them again makes only what the clock has added', async () => {
  const now = new Date('2026-12-01T00:00:00.000Z');
  assert.deepEqual(await ensurePartitions(owner, table, { aheadMonths: 3, now }), ['search_attempts_y2027m03']);
  assert.deepEqual(await ensurePartitions(owner, table, { aheadMonths: 3, now }), []);
});

test('every instant of the months ahead has a partition, and none after them', async () => {
  for (const at of [
    '2026-11-01T00:00:00Z',
    '2026-11-30T23:59:59.999999Z',
    '2026-12-01T00:00:00Z',
    '2027-03-31T23:59:59Z',
  ])
    await insert(at);
  await assert.rejects(insert('2027-04-01T00:00:00Z'), { code: '23514' });
  await assert.rejects(insert('2026-10-31T23:59:59Z'), { code: '23514' });
});

test('only whole months beyond the retention are dropped', async () => {
  const keep = (now: string) => dropPartitionsOlderThan(owner, table, { keepMonths: 2, now: new Date(now) });
  assert.deepEqual(await keep('2027-01-31T23:59:59Z'), []);
  assert.deepEqual(await keep('2027-02-01T00:00:00Z'), ['search_attempts_y2026m11']);
  const { rows } = await owner.query<{ at: Date }>('SELECT at FROM search.search_attempts ORDER BY at');
  assert.deepEqual(
    rows.map((row) => row.at.toISOString()),
    ['2026-12-01T00:00:00.000Z', '2027-03-31T23:59:59.000Z'],
  );
});
