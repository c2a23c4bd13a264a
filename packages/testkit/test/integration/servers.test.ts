import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issueTestToken, startTestNats, startTestPostgres, startTestRedis, testJwks, waitFor } from '@peermesh/testkit';
import { createLocalJWKSet, jwtVerify } from 'jose';
import pg from 'pg';

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

test('PostgreSQL: each role is confined to its own schema', async (t) => {
  const postgres = await startTestPostgres();
  t.after(() => postgres.stop());
  const database = await postgres.createDatabase({ service: 'search', services: ['publisher'] });
  t.after(() => database.drop());
  await query(database.ownerUrl, 'CREATE TABLE search_documents (id text PRIMARY KEY)');
  await query(database.appUrl, "INSERT INTO search.search_documents VALUES ('a')");
  assert.equal((await query(database.appUrl, 'SELECT * FROM search_documents')).rowCount, 1);
  await assert.rejects(query(database.appUrl, 'CREATE TABLE search.other (id int)'), { code: '42501' });
  await assert.rejects(query(database.appUrl, 'CREATE TABLE public.other (id int)'), { code: '42501' });
  await assert.rejects(query(database.appUrl, 'DROP TABLE search.search_documents'), { code: '42501' });
  const other = database.urlsOf('publisher');
  await assert.rejects(query(other.appUrl, 'SELECT * FROM search.search_documents'), { code: '42501' });
  await assert.rejects(query(other.ownerUrl, 'SELECT * FROM search.search_documents'), { code: '42501' });
});

test('PostgreSQL: databases may be made in parallel, and a cluster of its own survives kill -9', async (t) => {
  const postgres = await startTestPostgres({ own: true });
  t.after(() => postgres.stop());
  const databases = await Promise.all(
    ['auth', 'ingest', 'search', 'auth', 'ingest'].map((service) => postgres.createDatabase({ service })),
  );
  const first = databases[0];
  assert.ok(first);
  await query(first.ownerUrl, 'CREATE TABLE kept (id int)');
  await postgres.kill();
  await assert.rejects(query(first.ownerUrl, 'SELECT 1'));
  await postgres.restart();
  assert.equal((await query(first.ownerUrl, 'SELECT * FROM kept')).rowCount, 0);
});

test('NATS and Redis start, answer, and come back on the same port', async (t) => {
  const [nats, redis] = await Promise.all([startTestNats(), startTestRedis()]);
  t.after(() => Promise.all([nats.stop(), redis.stop()]));
  await Promise.all([nats.kill(), redis.kill()]);
  await assert.rejects(fetch(`${nats.monitorUrl}/healthz`));
  await Promise.all([nats.restart(), redis.restart()]);
  await nats.wipe();
  const answer = (await (await fetch(`${nats.monitorUrl}/varz`)).json()) as { jetstream?: { config?: unknown } };
  assert.ok(answer.jetstream?.config);
});

test('tokens verify with the test key set', async () => {
  const token = await issueTestToken({ role: 'admin', tenant: 'acme' });
  const { payload } = await jwtVerify(token, createLocalJWKSet(testJwks), {
    issuer: 'peermesh-auth',
    audience: 'peermesh',
  });
  assert.equal(payload['role'], 'admin');
  assert.equal(payload['tenant'], 'acme');
});

test('waitFor returns the value, and names what it waited for when the time is over', async () => {
  let calls = 0;
  assert.equal(await waitFor(() => (++calls > 2 ? calls : null)), 3);
  await assert.rejects(
    waitFor(() => false, { timeoutMs: 50, message: 'the moon' }),
    /the moon/,
  );
});
