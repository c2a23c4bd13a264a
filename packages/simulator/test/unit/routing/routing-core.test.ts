import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routingCore } from '../../../src/routing/routing-core.ts';

test('a seed of the routing core gives the same run every time, checks every rule, and breaks none', () => {
  const checks = new Map<string, number>();
  for (let seed = 1; seed <= 4; seed += 1) {
    const result = routingCore.runSeed(seed);
    assert.equal(result.failure, null, `seed ${seed}: ${result.failure?.message}`);
    if (seed === 1) assert.deepEqual(routingCore.runSeed(seed), result);
    for (const [name, count] of Object.entries(result.checks)) checks.set(name, (checks.get(name) ?? 0) + count);
  }
  const unchecked = [...checks].filter(([name, count]) => count === 0 && name !== 'NoCrash').map(([name]) => name);
  assert.deepEqual(unchecked, []);
});

test('a run that is cut short or has faults left out is the same run up to there', () => {
  const whole = routingCore.runSeed(3, { untilMs: 60_000 });
  assert.equal(whole.virtualMs, 60_000);
  const calm = routingCore.runSeed(3, { untilMs: 60_000, faults: [] });
  assert.deepEqual(calm.faults, whole.faults, 'the plan is drawn from the seed alone');
  assert.equal(calm.counts['forgeries'], 0);
});
