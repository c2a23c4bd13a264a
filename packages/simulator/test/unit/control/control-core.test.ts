import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTROL_CORE } from '../../../src/control/control-core.ts';
import { addResult, emptyTotals } from '../../../src/run/totals.ts';

test('a dozen seeds of the control group check every rule and break none', () => {
  const totals = emptyTotals();
  for (let seed = 0; seed < 12; seed += 1) {
    const result = CONTROL_CORE.runSeed(seed);
    assert.equal(result.failure, null, result.failure?.message);
    addResult(totals, result);
  }
  const unchecked = Object.entries(totals.checks).filter(([name, count]) => count === 0 && name !== 'NoCrash');
  assert.deepEqual(unchecked, []);
  assert.ok((totals.counts.done ?? 0) > 500, `${totals.counts.done} requests done`);
  assert.ok((totals.counts.refused ?? 0) > 0 && (totals.counts.reads ?? 0) > 0);
});

test('the same seed gives the same run', () => {
  const whole = CONTROL_CORE.runSeed(7, { untilMs: 25_000 });
  assert.deepEqual(CONTROL_CORE.runSeed(7, { untilMs: 25_000 }), whole);
});
