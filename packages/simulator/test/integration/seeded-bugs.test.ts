import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readKnownSeeds } from '../../src/mutants/known-seeds.ts';
import { MUTANTS } from '../../src/mutants/registry.ts';
import { describeVerdict, runMutants } from '../../src/mutants/run-mutants.ts';

/** Two minutes at most where each is found at its known seed; a bug that is not, is looked for at all others. */
test(`all ${MUTANTS.length} seeded bugs are found`, { timeout: 600_000 }, async (t) => {
  const verdicts = await runMutants(MUTANTS, {
    workers: 2,
    knownSeeds: readKnownSeeds(),
    onVerdict: (verdict) => t.diagnostic(describeVerdict(verdict)),
  });
  assert.equal(verdicts.length, MUTANTS.length);
  assert.deepEqual(verdicts.filter(({ verdict }) => verdict !== 'killed').map(describeVerdict), []);
});
