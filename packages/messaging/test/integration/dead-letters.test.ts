import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { createAuthenticator } from '@peermesh/authz';
import { createClient, defineEvent } from '@peermesh/contracts';
import { deadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { createDatabase, type Database, migrate } from '@peermesh/database';
import { type Bus, connectNats, createBus, mountDeadLetterRoutes } from '@peermesh/messaging';
import { applyStreams } from '@peermesh/messaging/streams';
import { createApp } from '@peermesh/service-kit';
import { createMetrics } from '@peermesh/telemetry';
import {
  issueTestToken,
  silentLogger,
  startTestNats,
  startTestPostgres,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
  testJwks,
  waitFor,
} from '@peermesh/testkit';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';

const OrderPlaced = defineEvent({
  type: 'peermesh.search.order_placed.v1',
  subject: 'search.order_placed',
  stream: 'SEARCH',
  description: 'Only in this test.',
  data: Type.Object({ note: Type.String() }),
});

let postgres: TestPostgres;
let target: TestDatabase;
let server: TestNats;
let nats: Awaited<ReturnType<typeof connectNats>>;
let db: Database<never>;
let bus: Bus;
let app: FastifyInstance;
let baseUrl: string;
let isBroken = true;
let neighbourEffects = 0;
const logger = silentLogger();
const routes = deadLetterRoutes('search');
const clientOf = async (role: string) => createClient(routes, { baseUrl, token: await issueTestToken({ role }) });

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
  bus.consume(OrderPlaced, { durable: 'test-orders', maxAttempts: 2 }, async (event, tx) => {
    if (isBroken) throw new Error('the warehouse is closed');
    await tx.client.query('INSERT INTO search_ledger (event_id, note) VALUES ($1, $2)', [event.id, event.data.note]);
  });
  bus.consume(OrderPlaced, { durable: 'test-neighbour' }, async () => {
    neighbourEffects += 1;
  });
  app = await createApp({ service: 'search', version: '0.0.0', logger, metrics: createMetrics({ service: 'search' }) });
  app.authenticator = createAuthenticator({ issuer: 'peermesh-auth', audience: 'peermesh', jwks: testJwks });
  mountDeadLetterRoutes(app, { bus });
  await app.listen({ host: '127.0.0.1', port: 0 });
  baseUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  await bus.start();
  await db.system((tx) => bus.publish(tx, OrderPlaced, { note: 'first' }, { tenantId: 'default', partitionKey: 'k' }));
});

after(async () => {
  await app.close();
  await bus.stop();
  await nats.close();
  await db.close();
  await target.drop();
  await Promise.all([postgres.stop(), server.stop()]);
});

async function onlyLetter(): Promise<{ id: string; attempts: number; code: string; reason: string; state: string }> {
  const client = await clientOf('admin');
  return waitFor(async () => (await client.listDeadLetters({ query: {} })).body.items[0], {
    timeoutMs: 40_000,
    message: 'a dead letter',
  }) as never;
}

test('an event that every attempt fails on becomes a dead letter with its reason and attempts', async () => {
  const letter = await onlyLetter();
  assert.equal(letter.attempts, 2);
  assert.equal(letter.code, 'PM_MESSAGING_HANDLER_FAILED');
  assert.match(letter.reason, /warehouse is closed/);
  const { body } = await (await clientOf('admin')).getDeadLetter({ params: { deadLetterId: letter.id } });
  assert.deepEqual(JSON.parse(body.body), { note: 'first' });
  assert.equal(body.headers['ce-type'], OrderPlaced.type);
});

test('nobody but an administrator sees dead letters', async () => {
  await assert.rejects((await clientOf('moderator')).listDeadLetters({ query: {} }), { code: 'PM_COMMON_FORBIDDEN' });
});

test('a selection of nothing in particular is refused', async () => {
  await assert.rejects((await clientOf('admin')).redriveDeadLetters({ body: {} }), { code: 'PM_COMMON_UNPROCESSABLE' });
});

test('a dry run changes nothing', async () => {
  const client = await clientOf('admin');
  const { body } = await client.redriveDeadLetters({ body: { filter: { consumer: 'test-orders' }, dryRun: true } });
  assert.deepEqual(body, { matched: 1, changed: 0, dryRun: true });
  assert.equal((await onlyLetter()).state, 'open');
});

test('a redriven event that fails again is open again, with all its attempts', async () => {
  const letter = await onlyLetter();
  const client = await clientOf('admin');
  assert.equal((await client.redriveDeadLetters({ body: { ids: [letter.id] } })).body.changed, 1);
  await waitFor(async () => (await onlyLetter()).attempts === 4, { timeoutMs: 40_000, message: 'it failed again' });
  assert.equal((await onlyLetter()).state, 'open');
  const { body } = await client.getDeadLetter({ params: { deadLetterId: letter.id } });
  assert.equal(body.redrives, 1);
  assert.equal(body.subject, OrderPlaced.subject);
});

test('a redriven event has its effect once, at the one consumer that had given up', async () => {
  isBroken = false;
  const letter = await onlyLetter();
  const before = neighbourEffects;
  const client = await clientOf('admin');
  assert.equal((await client.redriveDeadLetters({ body: { ids: [letter.id] } })).body.changed, 1);
  await waitFor(async () => (await onlyLetter()).state === 'resolved', {
    timeoutMs: 40_000,
    message: 'it is resolved',
  });
  assert.equal((await db.pool.query('SELECT 1 FROM search_ledger')).rowCount, 1);
  assert.equal(neighbourEffects, before);
  assert.equal((await client.redriveDeadLetters({ body: { ids: [letter.id] } })).body.matched, 0);
});

test('every dead letter is announced on the dead letter stream with reason, attempts and original headers', async () => {
  const manager = await jetstreamManager(nats);
  const stored = await waitFor(() => manager.streams.getMessage('DLQ', { last_by_subj: 'dlq.search.order_placed' }));
  assert.equal(stored.header.get('pm-dead-letter-attempts'), '4');
  assert.equal(stored.header.get('pm-dead-letter-consumer'), 'test-orders');
  assert.match(decodeURIComponent(stored.header.get('pm-dead-letter-reason')), /warehouse is closed/);
  assert.equal(stored.header.get('ce-type'), OrderPlaced.type);
  assert.deepEqual(stored.json(), { note: 'first' });
});

test('a tenant does not see the dead letters of another', async () => {
  const token = await issueTestToken({ role: 'admin', tenant: 'other' });
  const other = createClient(routes, { baseUrl, token });
  assert.equal((await other.listDeadLetters({ query: {} })).body.total, 0);
  const { id } = await onlyLetter();
  await assert.rejects(other.getDeadLetter({ params: { deadLetterId: id } }), { code: 'PM_COMMON_NOT_FOUND' });
});

test('many are redriven at the rate that was asked for', async () => {
  isBroken = true;
  const notes = Array.from({ length: 10 }, (_, index) => `rate-${index}`);
  await db.system((tx) =>
    bus.publishMany(
      tx,
      OrderPlaced,
      notes.map((note) => ({ data: { note }, tenantId: 'default', partitionKey: 'k' })),
    ),
  );
  const client = await clientOf('admin');
  const openOnes = async () => (await client.listDeadLetters({ query: { state: 'open' } })).body.total;
  await waitFor(async () => (await openOnes()) === 10, { timeoutMs: 40_000, message: 'ten dead letters' });
  isBroken = false;
  const startedAt = Date.now();
  await client.redriveDeadLetters({ body: { filter: { consumer: 'test-orders' }, ratePerSecond: 10 } });
  await waitFor(async () => (await client.listDeadLetters({ query: { state: 'resolved' } })).body.total === 11, {
    timeoutMs: 40_000,
    message: 'all are resolved',
  });
  assert.ok(Date.now() - startedAt >= 850, 'ten at ten a second take nine tenths of a second');
});

test('the command line lists and discards, and tells wrong usage by its exit code', async () => {
  isBroken = true;
  await db.system((tx) => bus.publish(tx, OrderPlaced, { note: 'second' }, { tenantId: 'default', partitionKey: 'k' }));
  const client = await clientOf('admin');
  await waitFor(async () => (await client.listDeadLetters({ query: { state: 'open' } })).body.total === 1, {
    timeoutMs: 40_000,
  });
  const token = await issueTestToken({ role: 'admin' });
  const cli = (...args: string[]) => run(args, { PEERMESH_URL: baseUrl, PEERMESH_TOKEN: token });
  const listed = await cli('list', 'search', '--state', 'open');
  assert.equal(listed.code, 0, listed.output);
  assert.match(listed.output, /test-orders/);
  const discarded = await cli('discard', 'search', '--consumer', 'test-orders', '--json');
  assert.deepEqual(JSON.parse(discarded.output), { matched: 1, changed: 1, dryRun: false });
  assert.equal((await cli('list', 'nowhere')).code, 2);
  assert.equal((await cli('show', 'search', 'dlt_unknown')).code, 1);
});

function run(args: readonly string[], env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const script = new URL('../../src/cli.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--conditions=@peermesh/source', script, ...args], {
    env: { ...process.env, ...env },
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}
