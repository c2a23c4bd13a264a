import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { defineEvent } from '@peermesh/contracts';
import { createDatabase, type Database, migrate } from '@peermesh/database';
import { type Bus, connectNats, createBus, poison } from '@peermesh/messaging';
import { applyStreams } from '@peermesh/messaging/streams';
import {
  silentLogger,
  startTestNats,
  startTestPostgres,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
  waitFor,
} from '@peermesh/testkit';
import { Type } from 'typebox';

const NoteTaken = defineEvent({
  type: 'peermesh.search.note_taken.v1',
  subject: 'search.note_taken',
  stream: 'SEARCH',
  description: 'Only in this test.',
  data: Type.Object({ note: Type.String() }),
});

type Nats = Awaited<ReturnType<typeof connectNats>>;

let postgres: TestPostgres;
let target: TestDatabase;
let server: TestNats;
let nats: Nats;
let db: Database<never>;
let bus: Bus;
const logger = silentLogger();

before(async () => {
  [postgres, server] = await Promise.all([startTestPostgres(), startTestNats()]);
  target = await postgres.createDatabase({ service: 'search' });
  await migrate({
    url: target.ownerUrl,
    schema: 'search',
    migrationsDir: new URL('../fixtures/migrations/', import.meta.url),
    logger,
  });
  nats = await connectNats({ url: server.url, name: 'test', logger });
  await applyStreams(nats);
  db = createDatabase({ url: target.appUrl, schema: 'search', applicationName: 'test', logger });
  bus = createBus({ module: 'search', instance: 'test', db, databaseUrl: target.appUrl, nats, logger });
  bus.consumeBatch(NoteTaken, { durable: 'test-ledger', maxAttempts: 3 }, async (events, tx) => {
    for (const event of events) {
      if (event.data.note === 'poison') throw poison('PM_TEST_POISON', 'this note is poison');
      await tx.client.query('INSERT INTO search_ledger (event_id, note) VALUES ($1, $2)', [event.id, event.data.note]);
    }
  });
  await bus.start();
});

after(async () => {
  await bus.stop();
  await nats.close();
  await db.close();
  await target.drop();
  await Promise.all([postgres.stop(), server.stop()]);
});

const publish = (notes: readonly string[]): Promise<string[]> =>
  db.system((tx) =>
    bus.publishMany(
      tx,
      NoteTaken,
      notes.map((note) => ({ data: { note }, tenantId: 'default', partitionKey: 'k' })),
    ),
  );

const ledger = async (prefix: string): Promise<string[]> => {
  const { rows } = await db.pool.query<{ note: string }>(
    'SELECT note FROM search_ledger WHERE note LIKE $1 ORDER BY position',
    [`${prefix}%`],
  );
  return rows.map((row) => row.note);
};
const settled = (prefix: string, count: number): Promise<boolean> =>
  waitFor(async () => (await ledger(prefix)).length >= count, {
    timeoutMs: 20_000,
    message: `${count} notes ${prefix}`,
  });

test('streams are applied once and found unchanged afterwards', async () => {
  assert.deepEqual(await applyStreams(nats), []);
});

test('events have their effect once and in order', async () => {
  const notes = Array.from({ length: 500 }, (_, index) => `a${String(index).padStart(4, '0')}`);
  await publish(notes);
  await settled('a', 500);
  assert.deepEqual(await ledger('a'), notes);
});

test('data that does not match its schema is refused when it is published', async () => {
  await assert.rejects(publish([5 as unknown as string]), TypeError);
  await assert.rejects(
    db.system((tx) =>
      bus.publish(tx, NoteTaken, { note: 'x', extra: 1 } as { note: string }, { tenantId: 't', partitionKey: 'k' }),
    ),
    TypeError,
  );
});

test('an event of a transaction that commits late is not skipped', async () => {
  const { promise: hold, resolve: release } = Promise.withResolvers<void>();
  const { promise: written, resolve: onWritten } = Promise.withResolvers<void>();
  const slow = db.system(async (tx) => {
    await bus.publish(tx, NoteTaken, { note: 'late-1' }, { tenantId: 'default', partitionKey: 'late' });
    onWritten();
    await hold;
  });
  await written;
  await publish(['late-2']);
  await waitFor(async () => {
    const { rows } = await db.pool.query('SELECT 1 FROM search_outbox WHERE partition_key = $1', ['k']);
    return rows.length > 0;
  });
  release();
  await slow;
  await settled('late', 2);
  assert.deepEqual(await ledger('late'), ['late-1', 'late-2']);
});

test('a poison event becomes a dead letter and its neighbours have their effect', async () => {
  await publish(['p1', 'poison', 'p2']);
  await settled('p', 2);
  await waitFor(async () => {
    const { rows } = await db.system((tx) =>
      tx.client.query("SELECT 1 FROM search_dead_letters WHERE code = 'PM_TEST_POISON'"),
    );
    return rows.length === 1;
  });
  assert.deepEqual(await ledger('p'), ['p1', 'p2']);
});

test('a broker that lost everything gets the events again, and nothing has a second effect', async () => {
  await server.wipe();
  await waitFor(
    async () =>
      applyStreams(nats).then(
        () => true,
        () => false,
      ),
    { timeoutMs: 20_000, message: 'streams are back' },
  );
  await publish(['w1', 'w2']);
  await settled('w', 2);
  assert.deepEqual(await ledger('w'), ['w1', 'w2']);
  assert.equal((await ledger('a')).length, 500);
});

test('kill -9 of the broker in the middle loses and doubles nothing', async () => {
  const notes = Array.from({ length: 2_000 }, (_, index) => `z${String(index).padStart(4, '0')}`);
  for (let at = 0; at < notes.length; at += 200) {
    await publish(notes.slice(at, at + 200));
    if (at === 800) {
      await server.kill();
      await server.restart();
    }
  }
  await settled('z', notes.length);
  assert.deepEqual((await ledger('z')).sort(), notes);
});
