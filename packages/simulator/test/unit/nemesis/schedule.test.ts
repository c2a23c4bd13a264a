import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DISK_FAULTS } from '../../../src/nemesis/disk-faults.ts';
import type { ClockHost, DiskHost, FaultKind } from '../../../src/nemesis/fault.ts';
import { NETWORK_FAULTS } from '../../../src/nemesis/network-faults.ts';
import { CLOCK_FAULTS, PROCESS_FAULTS } from '../../../src/nemesis/process-faults.ts';
import { planFaults } from '../../../src/nemesis/schedule.ts';
import { SeededRandom } from '../../../src/random.ts';

const KINDS: readonly FaultKind<ClockHost & DiskHost>[] = [
  ...NETWORK_FAULTS,
  ...PROCESS_FAULTS,
  ...CLOCK_FAULTS,
  ...DISK_FAULTS,
];
const OPTIONS = { fromMs: 1_000, untilMs: 90_000, intervalMs: 2_000 };
const plan = (seed: number) => planFaults(KINDS, new SeededRandom(seed), OPTIONS);

test('there are at least thirty kinds, each with a name of its own', () => {
  assert.ok(KINDS.length >= 30, `${KINDS.length}`);
  assert.equal(new Set(KINDS.map(({ name }) => name)).size, KINDS.length);
});

test('the same seed plans the same faults, and all end in time', () => {
  for (let seed = 0; seed < 50; seed++) {
    assert.deepEqual(plan(seed), plan(seed));
    for (const { atMs, durationMs } of plan(seed)) assert.ok(atMs >= 1_000 && atMs + durationMs <= 90_000.001);
  }
});

test('each seed enables some kinds only, and all kinds come up over the seeds', () => {
  const all = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const kinds = new Set(plan(seed).map(({ kind }) => kind));
    assert.ok(kinds.size <= KINDS.length * 0.75);
    for (const kind of kinds) all.add(kind);
  }
  assert.equal(all.size, KINDS.length);
});
