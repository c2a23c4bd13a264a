import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_SPF_BACKOFF, SpfBackoff } from '../../src/router/spf-backoff.ts';

test('the first change after a quiet time is computed after 50 ms, later ones after 200 ms, a storm every 5 s', () => {
  const backoff = new SpfBackoff(DEFAULT_SPF_BACKOFF);
  backoff.onChange(0);
  assert.equal(backoff.dueAtMs, 50);
  backoff.onComputed(50);
  backoff.onChange(100);
  assert.equal(backoff.dueAtMs, 300);
  backoff.onChange(200);
  assert.equal(backoff.dueAtMs, 300, 'a change during the wait does not lengthen it');
  backoff.onComputed(300);
  assert.equal(backoff.state, 'short-wait');
  backoff.onChange(600);
  assert.equal(backoff.state, 'long-wait', 'more than 500 ms after the first change');
  assert.equal(backoff.dueAtMs, 5_600);
  backoff.onComputed(5_600);
  backoff.onChange(10_599);
  assert.equal(backoff.dueAtMs, 15_599);
  backoff.onComputed(15_599);
  backoff.onChange(20_600);
  assert.equal(backoff.state, 'short-wait', 'after 10 s without a change');
  assert.equal(backoff.dueAtMs, 20_650);
});

test('the loss of a link is computed after 200 ms at most, however restless the mesh is', () => {
  const backoff = new SpfBackoff(DEFAULT_SPF_BACKOFF);
  for (const nowMs of [0, 400, 800]) backoff.onChange(nowMs);
  backoff.onComputed(1_000);
  backoff.onChange(1_100);
  assert.equal(backoff.dueAtMs, 6_100);
  backoff.onChange(1_200, true);
  assert.equal(backoff.dueAtMs, 1_400);
  backoff.onComputed(1_400);
  backoff.onChange(1_500);
  assert.equal(backoff.dueAtMs, 6_500, 'which makes the mesh no calmer');
});

test('changes ten times a second for a minute are computed at most 16 times', () => {
  const backoff = new SpfBackoff(DEFAULT_SPF_BACKOFF);
  let runs = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += 10) {
    if (nowMs % 100 === 0) backoff.onChange(nowMs);
    if (backoff.dueAtMs <= nowMs) {
      runs += 1;
      backoff.onComputed(nowMs);
    }
  }
  assert.ok(runs >= 12 && runs <= 16, `${runs}`);
});
