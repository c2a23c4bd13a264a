import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stopCoverage } from 'node:v8';
import { consensusCore } from '../../src/consensus/consensus-core.ts';
import type { ConsensusInvariant } from '../../src/consensus/invariants.ts';
import type { ConsensusHost } from '../../src/consensus/membership-faults.ts';
import { DISK_FAULTS } from '../../src/nemesis/disk-faults.ts';
import type { FaultKind } from '../../src/nemesis/fault.ts';
import { NETWORK_FAULTS } from '../../src/nemesis/network-faults.ts';
import { CLOCK_FAULTS, PROCESS_FAULTS } from '../../src/nemesis/process-faults.ts';
import { type ReferenceBug, referenceCore } from '../fixtures/reference-core.ts';

// Counting what of the code runs makes a simulation twice as slow; unit tests run the same lines.
stopCoverage();

/** What Raft without membership changes and without a watch over its own disk survives. */
const SURVIVABLE_DISK_FAULTS = new Set(['crash-during-fsync', 'write-error', 'fsync-error', 'disk-full']);
const KINDS: readonly FaultKind<ConsensusHost>[] = [
  ...NETWORK_FAULTS,
  ...PROCESS_FAULTS,
  ...CLOCK_FAULTS,
  ...DISK_FAULTS.filter(({ name }) => SURVIVABLE_DISK_FAULTS.has(name)),
];

test('a correct core breaks no rule in 120 seeds, and all of its operations are accounted for', () => {
  const core = consensusCore(referenceCore(), KINDS);
  let operations = 0;
  for (let seed = 0; seed < 120; seed++) {
    const { failure, counts, checks } = core.runSeed(seed);
    assert.equal(failure, null, `seed ${seed}: ${failure?.message}`);
    operations += counts.operations ?? 0;
    assert.ok((checks.CommittedIsDurable ?? 0) > 0 && (checks.Linearizable ?? 0) === 1, `seed ${seed} checked nothing`);
  }
  assert.ok(operations > 20_000, `${operations} operations`);
});

test('the same seed does the same twice', () => {
  const core = consensusCore(referenceCore(), KINDS);
  for (const seed of [3, 17, 40]) assert.deepEqual(core.runSeed(seed), core.runSeed(seed));
});

const BUGS: readonly [bug: ReferenceBug, invariant: ConsensusInvariant][] = [
  ['vote-before-fsync', 'VoteDurable'],
  ['ack-before-fsync', 'AckDurable'],
  ['votes-twice', 'VoteOnce'],
  ['ignores-log-when-voting', 'LeaderCompleteness'],
  ['commits-old-term', 'NoOldTermCommit'],
  ['counts-itself-unfsynced', 'CommittedIsDurable'],
  ['reads-without-quorum', 'ReadIndexFresh'],
  ['forgets-vote-on-restart', 'VoteOnce'],
  ['keeps-conflicting-tail', 'LogContiguous'],
  ['loses-snapshot-data', 'SnapshotEqualsReplay'],
];

for (const [bug, invariant] of BUGS) {
  test(`a core that ${bug.replaceAll('-', ' ')} falls by ${invariant} within 60 seeds`, () => {
    const core = consensusCore(referenceCore(bug), KINDS);
    for (let seed = 0; seed < 60; seed++) {
      const { failure } = core.runSeed(seed);
      if (failure === null) continue;
      assert.equal(failure.invariant, invariant, failure.message);
      return;
    }
    assert.fail('nothing fell');
  });
}

test('a leader whose own disk stalls and who goes on leading falls by StalledLeaderSteps', () => {
  const core = consensusCore(
    referenceCore(),
    DISK_FAULTS.filter(({ name }) => name === 'disk-stall'),
  );
  const fallen = new Set<string>();
  for (let seed = 0; seed < 20; seed++) fallen.add(core.runSeed(seed).failure?.invariant ?? 'none');
  assert.ok(fallen.has('StalledLeaderSteps'), [...fallen].join(', '));
});
