import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createDatabase, type Database } from '@peermesh/database';
import { silentLogger, startTestPostgres, type TestDatabase, type TestPostgres } from '@peermesh/testkit';

let postgres: TestPostgres;
let target: TestDatabase;
let db: Database<never>;

before(async () => {
  postgres = await startTestPostgres({ own: true });
  target = await postgres.createDatabase({ service: 'search' });
  db = createDatabase({ url: target.appUrl, schema: 'search', applicationName: 'test', logger: silentLogger() });
});

after(async () => {
  await db.close();
  await postgres.stop();
});

const one = (retries?: number): Promise<number | undefined> =>
  db.system(
    async (tx) => (await tx.client.query<{ one: number }>('SELECT 1 AS one')).rows[0]?.one,
    retries === undefined ? {} : { retries },
  );

test('a restart of the server between two transactions is not seen', async () => {
  assert.equal(await one(), 1);
  await postgres.restart();
  assert.equal(await one(), 1);
});

test('a server that is away is reported as unavailable, and work goes on when it is back', async () => {
  await postgres.kill();
  await assert.rejects(one(1), { code: 'PM_COMMON_UNAVAILABLE', status: 503 });
  await assert.rejects(db.ping());
  const waiting = one(10);
  await postgres.restart();
  assert.equal(await waiting, 1);
});

test('a deadlock is resolved by running the victim again', async () => {
  const steps = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const lock = (mine: 0 | 1) =>
    db.system(async (tx) => {
      await tx.client.query('SELECT pg_advisory_xact_lock($1)', [mine]);
      steps[mine].resolve();
      await steps[mine === 0 ? 1 : 0].promise;
      await tx.client.query('SELECT pg_advisory_xact_lock($1)', [mine === 0 ? 1 : 0]);
    });
  await Promise.all([lock(0), lock(1)]);
});
