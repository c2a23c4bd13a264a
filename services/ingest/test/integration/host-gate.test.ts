import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startTestRedis, type TestRedis, waitFor } from '@peermesh/testkit';
import { Redis } from 'ioredis';
import { createLocalHostGate } from '../../src/adapters/local/local-host-gate.ts';
import { createRedisHostGate } from '../../src/adapters/redis/redis-host-gate.ts';
import type { HostGate } from '../../src/ports.ts';

const OPTIONS = { concurrencyPerHost: 2, permitTtlMs: 1_500 };
let server: TestRedis;
let redis: Redis;

before(async () => {
  server = await startTestRedis();
  redis = new Redis(server.url, { maxRetriesPerRequest: 1, enableOfflineQueue: true });
  redis.on('error', () => undefined);
});
after(async () => {
  redis.disconnect();
  await server.stop();
});

const implementations: Readonly<Record<string, () => HostGate>> = {
  local: () => createLocalHostGate(OPTIONS, () => new Date()),
  redis: () =>
    createRedisHostGate(
      redis,
      OPTIONS,
      createLocalHostGate(OPTIONS, () => new Date()),
      (cause) => {
        throw cause;
      },
    ),
};

for (const [name, create] of Object.entries(implementations)) {
  test(`${name}: lets in no more than the limit at once, each host by itself`, async () => {
    const gate = create();
    const [host, other] = [randomUUID(), randomUUID()];
    const first = await gate.acquire(host, 0);
    assert.ok(first.granted && (await gate.acquire(host, 0)).granted);
    const third = await gate.acquire(host, 0);
    assert.ok(!third.granted && third.waitMs > 0);
    assert.ok((await gate.acquire(other, 0)).granted);
    await first.release();
    assert.ok((await gate.acquire(host, 0)).granted);
  });

  test(`${name}: keeps the starts of two fetches apart`, async () => {
    const gate = create();
    const host = randomUUID();
    const startedAt = Date.now();
    const first = await gate.acquire(host, 1_000);
    assert.ok(first.granted);
    await first.release();
    const early = await gate.acquire(host, 1_000);
    assert.ok(!early.granted && early.waitMs > 0 && early.waitMs <= 1_000);
    await waitFor(async () => (await gate.acquire(host, 1_000)).granted, {
      timeoutMs: 10_000,
      message: 'the host never opened again',
    });
    assert.ok(Date.now() - startedAt >= 990);
  });
}

test('redis: a permit of a crashed process comes back', async () => {
  const gate = (implementations['redis'] as () => HostGate)();
  const host = randomUUID();
  await gate.acquire(host, 0);
  await gate.acquire(host, 0);
  assert.ok(!(await gate.acquire(host, 0)).granted);
  await waitFor(async () => (await gate.acquire(host, 0)).granted, {
    timeoutMs: 10_000,
    message: 'the permit never came back',
  });
});

test('redis: two replicas share one limit', async () => {
  const [a, b] = [(implementations['redis'] as () => HostGate)(), (implementations['redis'] as () => HostGate)()];
  const host = randomUUID();
  const granted = await Promise.all([a, b, a, b].map((gate) => gate.acquire(host, 0)));
  assert.equal(granted.filter((permit) => permit.granted).length, 2);
});

test('redis away: falls back to the limits of one process and says so', async () => {
  const away = new Redis({
    port: 1,
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => null,
  });
  away.on('error', () => undefined);
  let fallbacks = 0;
  const gate = createRedisHostGate(
    away,
    OPTIONS,
    createLocalHostGate(OPTIONS, () => new Date()),
    () => (fallbacks += 1),
  );
  const host = randomUUID();
  const granted = await Promise.all([1, 2, 3].map(() => gate.acquire(host, 0)));
  assert.equal(granted.filter((permit) => permit.granted).length, 2);
  assert.equal(fallbacks, 3);
  away.disconnect();
});
