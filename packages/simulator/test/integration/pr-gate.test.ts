import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CORES } from '../../src/cores.ts';
import { replayCommand } from '../../src/run/report.ts';
import { runSeeds } from '../../src/run/run-seeds.ts';
import { addResult, emptyTotals } from '../../src/run/totals.ts';

/** What two cores of their own get through in about four minutes; a machine that is slower runs fewer, never none. */
const SEEDS: Readonly<Record<string, number>> = {
  consensus: 1_000,
  control: 200,
  routing: 40,
  membership: 40,
  mesh: 200,
  node: 200,
};
const SEEDS_OTHERS = 60;
/** A seed of the mesh takes some seconds, and more when the cores are shared. */
const SEEDS_MIN = 3;
/** No seed begins later than this: all together end within five minutes, whatever the machine. */
const TIME_MAX_MS: Readonly<Record<string, number>> = { consensus: 60_000, mesh: 100_000, node: 60_000 };
const TIME_MAX_OTHERS_MS = 20_000;
const TIMEOUT_MS = 240_000;

for (const core of CORES) {
  const seeds = SEEDS[core.name] ?? SEEDS_OTHERS;
  test(`${core.name} breaks none of its ${core.invariants.length} rules in up to ${seeds} seeds`, {
    timeout: TIMEOUT_MS,
  }, async (t) => {
    const totals = emptyTotals();
    const failures: string[] = [];
    await runSeeds({
      core: core.name,
      firstSeed: 0,
      seeds,
      untilMs: performance.now() + (TIME_MAX_MS[core.name] ?? TIME_MAX_OTHERS_MS),
      workers: 2,
      stopsAtFailure: true,
      onResult: (result) => {
        addResult(totals, result);
        if (result.failure !== null)
          failures.push(`${result.failure.message}\nreplay: ${replayCommand(core.name, result.seed)}`);
      },
    });
    assert.deepEqual(failures, []);
    assert.ok(totals.seeds >= Math.min(SEEDS_MIN, seeds), `only ${totals.seeds} seeds`);
    t.diagnostic(`${totals.seeds} seeds, ${totals.events} events`);
  });
}

test('every rule of consensus is checked, and every fault happens', () => {
  const core = CORES.find(({ name }) => name === 'consensus');
  assert.ok(core !== undefined);
  const totals = emptyTotals();
  for (let seed = 0; seed < 40; seed++) addResult(totals, core.runSeed(seed));
  for (const { name } of core.invariants)
    if (name !== 'NoCrash') assert.ok((totals.checks[name] ?? 0) > 0, `${name} was never checked`);
  for (const { name } of core.faultKinds) assert.ok((totals.faults[name] ?? 0) > 0, `${name} never happened`);
});
