import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@peermesh/testkit';
import { FailsafeLeaseStore } from '../../src/limits/failsafe-lease-store.ts';
import { MemoryLeaseStore } from '../../src/limits/memory-lease-store.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import type { LeaseStore } from '../../src/ports.ts';

const burst = { name: 'burst', q: 100, w: 10, by: 'subject' } as const;

function setup(store?: LeaseStore) {
  const clock = { nowMs: 100_000 };
  const memory = new MemoryLeaseStore({ entriesMax: 100, nowMs: () => clock.nowMs });
  const make = () => new RateLimiter({ store: store ?? memory, entriesMax: 100, nowMs: () => clock.nowMs });
  return { clock, make };
}

test('lets through exactly the quota of a window', async () => {
  const { make } = setup();
  const limiter = make();
  let allowed = 0;
  for (let request = 0; request < 300; request++) if ((await limiter.take(burst, 'a')).allowed) allowed++;
  assert.equal(allowed, 100);
});

test('lets through exactly the quota when all come at once', async () => {
  const { make } = setup();
  const limiter = make();
  const verdicts = await Promise.all(Array.from({ length: 300 }, () => limiter.take(burst, 'a')));
  const allowed = verdicts.filter((verdict) => verdict.allowed).length;
  assert.ok(allowed <= 100 && allowed >= 95, `${allowed}`);
});

test('replicas that share a store never exceed the quota, and hold back at most a chunk each', async () => {
  const { make } = setup();
  const replicas = [make(), make(), make()];
  let allowed = 0;
  for (let request = 0; request < 600; request++) {
    if ((await replicas[request % 3]!.take(burst, 'a')).allowed) allowed++;
  }
  assert.ok(allowed <= 100 && allowed >= 100 - 3 * (100 >> 4), `${allowed}`);
});

test('slides: half a window later half of the last one still counts', async () => {
  const { clock, make } = setup();
  const limiter = make();
  for (let request = 0; request < 100; request++) await limiter.take(burst, 'a');
  clock.nowMs += 15_000;
  let allowed = 0;
  for (let request = 0; request < 100; request++) if ((await limiter.take(burst, 'a')).allowed) allowed++;
  assert.ok(allowed >= 45 && allowed <= 50, `${allowed}`);
});

test('says when a refused caller may come back, and means it', async () => {
  const { clock, make } = setup();
  const limiter = make();
  for (let request = 0; request < 100; request++) await limiter.take(burst, 'a');
  const refused = await limiter.take(burst, 'a');
  assert.equal(refused.allowed, false);
  clock.nowMs += refused.resetMs - 50;
  assert.equal((await limiter.take(burst, 'a')).allowed, false);
  clock.nowMs += 100;
  assert.equal((await limiter.take(burst, 'a')).allowed, true);
});

test('callers and limits do not share budgets', async () => {
  const { make } = setup();
  const limiter = make();
  const one = { ...burst, name: 'one', q: 1 };
  assert.equal((await limiter.take(one, 'a')).allowed, true);
  assert.equal((await limiter.take(one, 'a')).allowed, false);
  assert.equal((await limiter.take(one, 'b')).allowed, true);
  assert.equal((await limiter.take({ ...one, name: 'two' }, 'a')).allowed, true);
});

test('a store that is away or silent is replaced by local budgets, and used again when it answers', async () => {
  const changes: boolean[] = [];
  let mode: 'good' | 'broken' | 'silent' = 'good';
  const shared = new MemoryLeaseStore({ entriesMax: 10 });
  const flaky: LeaseStore = {
    lease: (requests) =>
      mode === 'good'
        ? shared.lease(requests)
        : mode === 'broken'
          ? Promise.reject(new Error('away'))
          : new Promise(() => undefined),
  };
  const store = new FailsafeLeaseStore({
    shared: flaky,
    local: new MemoryLeaseStore({ entriesMax: 10, share: 0.5 }),
    timeoutMs: 20,
    probeEveryMs: 5,
    onChange: (isDegraded) => changes.push(isDegraded),
  });
  const request = { key: 'k', quota: 10, windowMs: 60_000, want: 100 };
  for (const failure of ['broken', 'silent'] as const) {
    mode = failure;
    assert.equal((await store.lease([{ ...request, key: failure }]))[0]!.granted, 5);
    mode = 'good';
    await waitFor(() => !store.isDegraded);
    assert.equal((await store.lease([{ ...request, key: failure }]))[0]!.granted, 10);
  }
  assert.deepEqual(changes, [true, false, true, false]);
});
