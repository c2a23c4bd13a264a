import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogProgress, STALE_AFTER_MS } from '../../src/domain/log-progress.ts';

test('a leg is behind when it misses something older than the limit, however much is newer', () => {
  const progress = new LogProgress();
  for (let second = 0; second <= 60; second += 1) progress.observe(100 + second, second * 1_000);
  const now = 60_000;
  assert.equal(progress.isBehind(160, now), false);
  assert.equal(progress.isBehind(130, now), false);
  assert.equal(progress.isBehind(129, now), true);
});

test('a leg that has everything is not behind while nothing changes', () => {
  const progress = new LogProgress();
  for (let second = 0; second <= 3_600; second += 1) progress.observe(7, second * 1_000);
  assert.equal(progress.isBehind(7, 3_600_000), false);
  assert.equal(progress.isBehind(6, 3_600_000), true);
});

test('nothing is known at first, and nothing is vouched for when the log cannot be read', () => {
  const progress = new LogProgress();
  assert.equal(progress.isBehind(0, 0), false);
  progress.observe(5, 1_000);
  assert.equal(progress.isBehind(5, 1_000 + STALE_AFTER_MS), false);
  assert.equal(progress.isBehind(5, 1_001 + STALE_AFTER_MS), true);
});

test('what is remembered does not grow with time', () => {
  const progress = new LogProgress();
  for (let i = 0; i < 100_000; i += 1) progress.observe(i, i * 5_000);
  assert.equal(progress.isBehind(99_993, 99_999 * 5_000), false);
  assert.equal(progress.isBehind(99_992, 99_999 * 5_000), true);
});
