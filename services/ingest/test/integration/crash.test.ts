import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { type CloudEvent, newId } from '@peermesh/contracts';
import { ContentSubmitted, Extracted } from '@peermesh/contracts/events';
import { connectNats, createTail } from '@peermesh/messaging';
import { applyStreams, peermeshStreams } from '@peermesh/messaging/streams';
import {
  freePort,
  issueTestToken,
  silentLogger,
  startTestJwksServer,
  startTestNats,
  startTestRedis,
  type TestNats,
  type TestRedis,
  waitFor,
} from '@peermesh/testkit';
import { type FeedServer, rssOf, startFeedServer } from '../support/feed-server.ts';
import { type IngestTestDatabase, startIngestDatabase } from '../support/test-database.ts';

let database: IngestTestDatabase;
let nats: TestNats;
let redis: TestRedis;
let jwks: Awaited<ReturnType<typeof startTestJwksServer>>;
let server: FeedServer;
let service: ChildProcess;
let port: number;
let token: string;

before(async () => {
  [database, nats, redis, jwks, server] = await Promise.all([
    startIngestDatabase(),
    startTestNats(),
    startTestRedis(),
    startTestJwksServer(),
    startFeedServer(),
  ]);
  port = await freePort();
  token = await issueTestToken({ role: 'admin' });
});
after(async () => {
  await kill();
  await Promise.all([database.stop(), nats.stop(), redis.stop(), jwks.stop(), server.stop()]);
});

function start(): void {
  service = spawn(
    process.execPath,
    ['--conditions=@peermesh/source', new URL('../../src/main.ts', import.meta.url).pathname],
    {
      stdio: 'ignore',
      env: {
        HOST: '127.0.0.1',
        PORT: String(port),
        LOG_LEVEL: 'silent',
        DATABASE_URL: database.appUrl,
        NATS_URL: nats.url,
        REDIS_URL: redis.url,
        JWKS_URL: jwks.url,
        INGEST_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
        INGEST_ALLOW_PRIVATE_HOSTS: '127.0.0.1',
        EXTRACTION_DEADLINE_MS: '4000',
        EXTRACTION_ATTEMPTS_MAX: '20',
        JOB_SWEEP_INTERVAL_MS: '200',
        FETCH_TICK_MS: '50',
        FETCH_TIMEOUT_MS: '1000',
        HOST_DELAY_MS_MIN: '0',
      },
    },
  );
}

async function kill(): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const gone = once(service, 'exit');
  service.kill('SIGKILL');
  await gone;
}

async function call(
  method: string,
  path: string,
  body: unknown,
): Promise<{ status: number; body: { items: { status: string }[]; source: { id: string } } }> {
  return waitFor(
    async () => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers,
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(5_000),
      });
      return answer.status < 500 ? { status: answer.status, body: (await answer.json()) as never } : null;
    },
    { timeoutMs: 60_000, message: `${method} ${path} was never answered` },
  );
}

test('loses nothing and does nothing twice when it is killed again and again', async () => {
  const logger = silentLogger();
  const admin = await connectNats({ url: nats.url, name: 'crash-test', logger });
  await applyStreams(admin, peermeshStreams);
  const seen: CloudEvent[] = [];
  const tail = createTail(
    { nats: admin, events: [ContentSubmitted, Extracted], from: { sequence: 1 }, logger },
    (event) => void seen.push(event),
  );
  const feedItems = Array.from(
    { length: 40 },
    (_, index) => [`feed-${index}`, `Title ${index}`, `Feed text ${index}`] as const,
  );
  server.on('/feed', (_request, response) => void response.end(rssOf(feedItems)));
  const run = newId('content');
  const keys = Array.from({ length: 300 }, (_, index) => `${run}/${index}`);
  start();
  await call('POST', '/api/v1/sources', {
    name: 'Feed',
    kind: 'feed',
    url: `${server.url}/feed`,
    schedule: { type: 'interval', seconds: 60 },
  });
  const killer = (async () => {
    for (let round = 0; round < 3; round += 1) {
      const mark = seen.length;
      await waitFor(() => seen.length >= mark + 60, { timeoutMs: 60_000, message: 'no progress between two kills' });
      await kill();
      start();
    }
  })();
  for (let from = 0; from < keys.length; from += 10) {
    const items = keys
      .slice(from, from + 10)
      .map((itemKey) => ({ itemKey, body: `Ada Lovelace wrote document ${itemKey} in London.` }));
    const answer = await call('POST', '/api/v1/content/batch', { items });
    assert.equal(answer.status, 202);
    assert.ok(answer.body.items.every(({ status }) => status === 'extraction_requested' || status === 'duplicate'));
  }
  await killer;
  const expected = [...keys, ...feedItems.map(([guid]) => guid)].sort();
  const idsByItem = (event: { type: string }): Map<string, Set<string>> => {
    const ids = new Map<string, Set<string>>();
    for (const found of seen) {
      if (found.type !== event.type) continue;
      const { document } = found.data as { document: { itemKey: string; version: number } };
      const key = `${document.itemKey}`;
      ids.set(key, (ids.get(key) ?? new Set()).add(found.id));
    }
    return ids;
  };
  await waitFor(() => idsByItem(Extracted).size === expected.length, {
    timeoutMs: 80_000,
    message: 'documents were lost',
  });
  for (const event of [ContentSubmitted, Extracted]) {
    const ids = idsByItem(event);
    assert.deepEqual([...ids.keys()].sort(), expected, event.type);
    assert.deepEqual(
      [...ids].filter(([, events]) => events.size !== 1),
      [],
      `${event.type} happened more than once`,
    );
  }
  await tail.stop();
  await admin.close();
});

test('stops in order on SIGTERM and exits with 0', async () => {
  await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).status === 200, {
    message: 'the service is not ready',
  });
  const gone = once(service, 'exit');
  service.kill('SIGTERM');
  assert.deepEqual(await gone, [0, null]);
});
