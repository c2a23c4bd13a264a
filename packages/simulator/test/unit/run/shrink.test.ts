import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultOccurrence } from '../../../src/nemesis/schedule.ts';
import { replayCommand } from '../../../src/run/report.ts';
import { shrink } from '../../../src/run/shrink.ts';
import type { SeedOptions, SeedResult } from '../../../src/simulated-core.ts';

const FAULTS: FaultOccurrence[] = Array.from({ length: 40 }, (_, index) => ({
  index,
  kind: `kind ${index % 7}`,
  atMs: index * 100,
  durationMs: 50,
  seed: index,
}));

/** Fails once all of `needed` have happened. */
function coreThatNeeds(needed: readonly number[]) {
  let runs = 0;
  const runSeed = (seed: number, { faults, untilMs = 10_000 }: SeedOptions = {}): SeedResult => {
    runs++;
    const happened = FAULTS.filter(({ index, atMs }) => faults?.includes(index) !== false && atMs <= untilMs);
    const isFailing = needed.every((wanted) => happened.some(({ index }) => index === wanted));
    const atMs = Math.max(0, ...needed.map((index) => index * 100));
    return {
      seed,
      world: 'three of them',
      failure: isFailing && atMs < untilMs ? { invariant: 'Rule', message: 'Rule: broken', atMs, trace: [] } : null,
      virtualMs: 10_000,
      events: 1,
      faults: FAULTS,
      checks: {},
      counts: {},
    };
  };
  return { runSeed, runs: () => runs };
}

function shrunkOf(needed: readonly number[]): ReturnType<typeof shrink> {
  const core = coreThatNeeds(needed);
  const failing = core.runSeed(5);
  assert.ok(failing.failure !== null);
  return shrink(core, { ...failing, failure: failing.failure });
}

test('leaves exactly the faults that are needed and ends at the failure', () => {
  for (const needed of [[], [0], [3, 17], [2, 20, 31]]) {
    const { options, failure } = shrunkOf(needed);
    assert.deepEqual(options.faults, needed);
    assert.equal(failure.invariant, 'Rule');
    assert.ok((options.untilMs ?? Number.POSITIVE_INFINITY) <= Math.max(0, ...needed) * 100 + 1);
  }
});

test('stays within its budget of runs', () => {
  const core = coreThatNeeds(FAULTS.map(({ index }) => index));
  const failing = core.runSeed(5);
  assert.ok(failing.failure !== null);
  const { runs } = shrink(core, { ...failing, failure: failing.failure }, { runsMax: 15 });
  assert.ok(runs <= 15);
  assert.ok(core.runs() <= 16);
});

test('the replay command carries everything that the shrunk run needs', () => {
  assert.equal(replayCommand('consensus', 7), 'npm run sim -- --core consensus --seed 7');
  assert.equal(
    replayCommand('consensus', 7, { faults: [3, 9], untilMs: 1_234 }),
    'npm run sim -- --core consensus --seed 7 --faults 3,9 --until 1234',
  );
  assert.match(replayCommand('consensus', 7, { faults: [] }), /--faults none$/);
});
