import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONSENSUS_FAULTS, consensusCore } from '../../../src/consensus/consensus-core.ts';
import { createHostCore } from '../../../src/consensus/host-core.ts';

const SEEDS = 25;

test(`hosted groups, encoded and silent when idle, keep every rule through the faults of ${SEEDS} seeds`, () => {
  const core = consensusCore(createHostCore, CONSENSUS_FAULTS);
  let committed = 0;
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const { failure, counts } = core.runSeed(seed);
    assert.equal(failure, null, `seed ${seed}: ${failure?.invariant}: ${failure?.message}`);
    committed += counts['committed'] ?? 0;
  }
  assert.ok(committed > 1_000);
});
