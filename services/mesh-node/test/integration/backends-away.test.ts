import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { createClient } from '@peermesh/contracts';
import { meshRoutes } from '@peermesh/contracts/mesh';
import { createDatabase, type Database, migrate } from '@peermesh/database';
import { connectNats } from '@peermesh/messaging';
import { applyStreams } from '@peermesh/messaging/streams';
import {
  issueTestToken,
  silentLogger,
  startTestNats,
  startTestPostgres,
  startTestRedis,
  type TestNats,
  type TestPostgres,
  type TestRedis,
  waitFor,
} from '@peermesh/testkit';
import { type ApiNode, startApiNode } from '../support/api-node.ts';

const where = { params: { topic: 'berths' } };
/** Rows before the relay's mark are published and wait for the housekeeping. */
const UNPUBLISHED = `SELECT count(*)::int AS waiting FROM mesh.mesh_outbox
  WHERE xid >= (SELECT done_before FROM mesh.mesh_outbox_leader)`;
const logger = silentLogger();
let postgres: TestPostgres;
let nats: TestNats;
let redis: TestRedis;
let db: Database<unknown>;
let nodes: readonly ApiNode[] = [];

before(async () => {
  [postgres, nats, redis] = await Promise.all([startTestPostgres({ own: true }), startTestNats(), startTestRedis()]);
  const database = await postgres.createDatabase({ service: 'mesh' });
  const migrationsDir = new URL('../../src/migrations/', import.meta.url);
  await migrate({ url: database.ownerUrl, schema: 'mesh', migrationsDir, logger });
  db = createDatabase<unknown>({ url: database.appUrl, schema: 'mesh', applicationName: 'test', logger });
  await withStreams();
  const backends = { DATABASE_URL: database.appUrl, NATS_URL: nats.url, REDIS_URL: redis.url };
  nodes = await Promise.all(['quay-1', 'quay-2', 'quay-3'].map((name) => startApiNode(name, backends)));
});

after(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await db.close();
  await Promise.all([postgres.stop(), nats.stop(), redis.stop()]);
});

async function withStreams(): Promise<void> {
  const connection = await connectNats({ url: nats.url, name: 'test', logger });
  await applyStreams(connection);
  await connection.close();
}

const clientOf = ({ url }: ApiNode) =>
  createClient(meshRoutes, { baseUrl: url, token: () => issueTestToken({ role: 'admin' }) });

async function rows<Row extends object>(sql: string): Promise<Row[]> {
  return db.system(async (tx) => (await tx.client.query<Row>(sql)).rows);
}

async function publish(node: ApiNode, text: string): Promise<void> {
  const payload = Buffer.from(text).toString('base64');
  await clientOf(node).publish({ ...where, body: { messages: [{ payload }] } });
}

/** What a node has of the topic, without what made it begin. */
async function texts(node: ApiNode): Promise<string[]> {
  const { body } = await clientOf(node).read({ ...where, query: { limit: 1_000 } });
  return body.messages
    .map(({ payload }) => Buffer.from(payload, 'base64').toString())
    .filter((text) => text !== 'begin');
}

it('nodes forward, decide and let nodes in while PostgreSQL, NATS and Redis are away, and report it all when they are back', async () => {
  const [first, second, third] = nodes as [ApiNode, ApiNode, ApiNode];
  const { body: seeded } = await clientOf(first).seed({ body: { meshId: 'harbour', joinPolicy: 'key_required' } });
  const wish = { meshId: 'harbour', addresses: [first.address], joinKey: seeded.joinKey ?? '' };
  await clientOf(second).join({ body: wish });
  const headers = { authorization: `Bearer ${await issueTestToken({ role: 'admin' })}` };
  const stream = new AbortController();
  await fetch(`${second.url}/api/v1/mesh/topics/berths/stream`, { headers, signal: stream.signal });
  await waitFor(
    async () => {
      await publish(first, 'begin');
      const { body } = await clientOf(second).read({ ...where, query: {} });
      return body.messages.length > 0;
    },
    { timeoutMs: 20_000 },
  );
  await waitFor(async () => (await clientOf(first).getStatus({})).body.backends.postgres === 'up');

  await Promise.all([postgres.kill(), nats.kill(), redis.kill()]);
  const sent = Array.from({ length: 50 }, (_, index) => `while away ${index}`);
  for (const text of sent) await publish(first, text);
  await waitFor(async () => (await texts(second)).length === sent.length, { timeoutMs: 20_000 });
  assert.deepEqual(await texts(second), sent);
  await clientOf(third).join({ body: wish });
  await clientOf(first).drainNode({ params: { node: 'quay-3' }, body: { isDraining: true } });
  await waitFor(async () => {
    const { body } = await clientOf(first).getStatus({});
    return body.backends.postgres === 'away' && body.backends.redis === 'away';
  });

  await Promise.all([postgres.restart(), nats.restart(), redis.restart()]);
  await withStreams();
  await waitFor(
    async () => {
      const { body } = await clientOf(first).getStatus({});
      return body.backends.postgres === 'up' && body.backends.redis === 'up' && body.pendingFacts === 0;
    },
    { timeoutMs: 30_000 },
  );
  const { body: range } = await clientOf(first).read({ ...where, query: { limit: 1 } });
  const [logged] = await rows<{ messages: number }>(
    `SELECT sum(messages)::int AS messages FROM mesh.mesh_messages WHERE topic = 'berths' AND node = origin`,
  );
  assert.equal(logged?.messages, range.endOffset - range.firstOffset, 'the log of messages has every one of them');
  const members = await rows<{ name: string }>(`SELECT name FROM mesh.mesh_nodes ORDER BY name`);
  assert.deepEqual(
    members.map(({ name }) => name),
    ['quay-1', 'quay-2', 'quay-3'],
  );
  for (const node of nodes) assert.equal((await clientOf(node).getStatus({})).body.lostFacts, 0);
  await waitFor(async () => (await rows<{ waiting: number }>(UNPUBLISHED))[0]?.waiting === 0, {
    timeoutMs: 30_000,
    message: 'the events are published',
  });
  stream.abort();
});
