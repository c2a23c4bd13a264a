import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LINK_CORE } from '../../../src/link/link-core.ts';
import { replayCommand } from '../../../src/run/report.ts';
import { addResult, emptyTotals } from '../../../src/run/totals.ts';

const SEEDS = 16;

test(`links keep their promises through the faults of ${SEEDS} seeds, and every invariant is checked`, () => {
  const totals = emptyTotals();
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const result = LINK_CORE.runSeed(seed);
    assert.equal(result.failure, null, `${result.failure?.message}\n${replayCommand('link', seed)}`);
    addResult(totals, result);
  }
  for (const { name } of LINK_CORE.invariants)
    if (name !== 'SilenceFound' && name !== 'FailsOver')
      assert.ok((totals.checks[name] ?? 0) > 0, `${name} was never checked`);
  for (const name of ['frames', 'resent batches', 'duplicates dropped', 'lane downs', 'blocked sends'])
    assert.ok((totals.counts[name] ?? 0) > 0, `no ${name}`);
});

test('the same seed is the same run', () => {
  assert.deepEqual(LINK_CORE.runSeed(3), LINK_CORE.runSeed(3));
});

test('a run with fewer faults has just those', () => {
  const whole = LINK_CORE.runSeed(4);
  assert.ok(whole.faults.length > 0);
  const quiet = LINK_CORE.runSeed(4, { faults: [] });
  assert.equal(quiet.failure, null);
  assert.equal(quiet.counts['lane downs'], 0);
});
