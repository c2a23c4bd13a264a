import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readKnownSeeds } from '../../src/mutants/known-seeds.ts';
import { selectMutants } from '../../src/mutants/registry.ts';
import { describeVerdict, runMutants } from '../../src/mutants/run-mutants.ts';

const A_DAY = 15;

test(`${A_DAY} of the seeded bugs, others each day, are found`, { timeout: 280_000 }, async (t) => {
  const day = Math.floor(Date.now() / 86_400_000);
  const verdicts = await runMutants(selectMutants(`rotate:${A_DAY}`, day), {
    workers: 2,
    knownSeeds: readKnownSeeds(),
    onVerdict: (verdict) => t.diagnostic(describeVerdict(verdict)),
  });
  assert.equal(verdicts.length, A_DAY);
  assert.deepEqual(verdicts.filter(({ verdict }) => verdict !== 'killed').map(describeVerdict), []);
});
