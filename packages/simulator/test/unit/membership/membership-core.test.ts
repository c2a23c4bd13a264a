import assert from 'node:assert/strict';
import { test } from 'node:test';
import { membershipCore } from '../../../src/membership/membership-core.ts';

test('a seed of the membership core gives the same run every time', () => {
  assert.deepEqual(membershipCore.runSeed(1), membershipCore.runSeed(1));
});

/** Small worlds that together meet every rule. */
const SEEDS = [1, 2, 4, 5, 8, 9, 10, 12, 13, 19, 77];

test('a few seeds check every rule and break none', () => {
  const checks = new Map<string, number>();
  for (const seed of SEEDS) {
    const result = membershipCore.runSeed(seed);
    assert.equal(result.failure, null, `seed ${seed}: ${result.failure?.message}`);
    for (const [name, count] of Object.entries(result.checks)) checks.set(name, (checks.get(name) ?? 0) + count);
  }
  const unchecked = [...checks].filter(([name, count]) => count === 0 && name !== 'NeverThrows').map(([name]) => name);
  assert.deepEqual(unchecked, []);
});

test('a run without its faults is the same world, and calm', () => {
  const whole = membershipCore.runSeed(2);
  const calm = membershipCore.runSeed(2, { faults: [] });
  assert.deepEqual(calm.faults, whole.faults);
  assert.equal(calm.failure, null);
  assert.equal(calm.counts['failed'], 0);
});
