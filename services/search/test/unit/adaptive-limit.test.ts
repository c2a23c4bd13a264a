import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdaptiveLimit } from '../../src/orchestrator/adaptive-limit.ts';

const OPTIONS = { min: 4, max: 64, backoff: 0.9 };

function fill(limit: AdaptiveLimit): number {
  let started = 0;
  while (limit.acquire()) started += 1;
  return started;
}

test('calls beyond the limit are refused until one is over', () => {
  const limit = new AdaptiveLimit(OPTIONS);
  assert.equal(fill(limit), 64);
  limit.release('other');
  assert.equal(limit.acquire(), true);
  assert.equal(limit.acquire(), false);
});

test('timeouts lower the limit, but never below the least', () => {
  const limit = new AdaptiveLimit(OPTIONS);
  for (let i = 0; i < 10; i += 1) {
    assert.ok(limit.acquire());
    limit.release('late');
  }
  assert.equal(limit.limit, Math.floor(64 * 0.9 ** 10));
  for (let i = 0; i < 100; i += 1) {
    assert.ok(limit.acquire());
    limit.release('late');
  }
  assert.equal(limit.limit, 4);
  assert.equal(fill(limit), 4);
});

test('answers in time raise the limit by one a round, only while it is used, and never above the most', () => {
  const limit = new AdaptiveLimit(OPTIONS);
  for (let i = 0; i < 100; i += 1) {
    limit.acquire();
    limit.release('late');
  }
  for (let i = 0; i < 1_000; i += 1) {
    limit.acquire();
    limit.release('in_time');
  }
  assert.equal(limit.limit, 4, 'a limit that nobody reaches says nothing');
  let rounds = 0;
  while (limit.limit < 64 && rounds < 1_000) {
    const started = fill(limit);
    for (let i = 0; i < started; i += 1) limit.release(i < started / 2 ? 'in_time' : 'other');
    rounds += 1;
  }
  assert.equal(limit.limit, 64);
  assert.ok(rounds > 60, `it took only ${rounds} rounds`);
});
