import assert from 'node:assert/strict';
import test from 'node:test';
import { AttemptLimiter } from '../../../src/transport/socket/attempt-limiter.ts';

const allowed = (limiter: AttemptLimiter, address: string, attempts: number, nowMs: number): number =>
  Array.from({ length: attempts }, () => limiter.allows(address, nowMs)).filter(Boolean).length;

test('an address gets its share a second, and no more by trying harder', () => {
  const limiter = new AttemptLimiter(1_000, 10);
  assert.equal(allowed(limiter, 'a', 100, 0), 10);
  assert.equal(allowed(limiter, 'a', 100, 500), 5);
  assert.equal(allowed(limiter, 'a', 100, 60_000), 10);
});

test('what one address is refused is not taken from the others', () => {
  const limiter = new AttemptLimiter(20, 10);
  assert.equal(allowed(limiter, 'a', 1_000, 0), 10);
  assert.equal(allowed(limiter, 'b', 10, 0), 10);
  assert.equal(allowed(limiter, 'c', 10, 0), 0);
  assert.equal(allowed(limiter, 'c', 10, 1_000), 10);
});
