import { FUZZ_TARGETS } from '../fuzz/codecs.ts';
import type { FuzzTask } from '../fuzz/fuzz-worker.ts';
import { runFuzzTasks } from '../fuzz/run-fuzz-tasks.ts';
import { runModel } from '../model/command.ts';
import type { SimulatedCore } from '../simulated-core.ts';
import { runSeeds } from './run-seeds.ts';
import { writeSoak } from './soak-report.ts';
import { SoakTotals } from './soak-totals.ts';

export interface SoakOptions {
  readonly cores: readonly SimulatedCore[];
  readonly minutes: number;
  readonly firstSeed: number;
  readonly workers: number;
}

/** Each core has its turn this often, so that a soak that is interrupted has seen them all. */
const ROUNDS = 4;
const MINUTE_MS = 60_000;
/** In an hour; in a shorter soak fewer. */
const FUZZ_INPUTS = 10_000_000;
const FUZZ_TASK_INPUTS = 25_000;
const MODEL_STATES = 1_000_000;

/**
 * Runs the model, every codec and every core, each core for an equal part of the time, on as many threads as there are workers.
 * Totals go to bench/results/sim-soak every minute and after each turn. True when nothing failed.
 */
export async function soak(options: SoakOptions, say: (text: string) => void): Promise<boolean> {
  const { cores, minutes, firstSeed, workers } = options;
  const totals = new SoakTotals(cores);
  const startedAtMs = performance.now();
  const minutesRun = (): number => (performance.now() - startedAtMs) / MINUTE_MS;
  const command = `npm run sim -- --soak --minutes ${minutes} --seed ${firstSeed} --workers ${workers}`;
  const write = (isComplete: boolean): void => {
    writeSoak(totals, { command, minutesAsked: minutes, minutesRun: minutesRun(), isComplete });
    say(`${minutesRun().toFixed(1)} of ${minutes} min: ${totals.summary()}\n`);
  };
  const nextSeeds = new Map(cores.map(({ name }) => [name, firstSeed]));
  const timer = setInterval(() => write(false), MINUTE_MS);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      await runFuzzTasks(fuzzTasks(firstSeed, minutes, round), workers, (result) => totals.addFuzz(result));
      if (round === 0) checkModel(totals, say);
      const roundEndsAtMs = startedAtMs + ((round + 1) * minutes * MINUTE_MS) / ROUNDS;
      for (const [index, { name }] of cores.entries()) {
        const fromMs = performance.now();
        const share = (roundEndsAtMs - fromMs) / (cores.length - index);
        let next = nextSeeds.get(name) ?? firstSeed;
        await runSeeds({
          core: name,
          firstSeed: next,
          seeds: Number.MAX_SAFE_INTEGER - next,
          untilMs: fromMs + share,
          workers,
          onResult: (result) => {
            totals.addSeed(name, result);
            next = Math.max(next, result.seed + 1);
          },
        });
        nextSeeds.set(name, next);
        totals.cores[index]!.seconds += (performance.now() - fromMs) / 1_000;
        write(false);
      }
    }
  } finally {
    clearInterval(timer);
  }
  write(true);
  return totals.failed === 0;
}

/** A round's part of the inputs, an equal number for each codec, under seeds of their own. */
function fuzzTasks(firstSeed: number, minutes: number, round: number): FuzzTask[] {
  const share = Math.min(1, minutes / 60) / ROUNDS / FUZZ_TARGETS.length;
  const tasks = Math.ceil((FUZZ_INPUTS * share) / FUZZ_TASK_INPUTS);
  return FUZZ_TARGETS.flatMap(({ name }) =>
    Array.from({ length: tasks }, (_, index) => {
      return { codec: name, seed: firstSeed + round * tasks + index, inputs: FUZZ_TASK_INPUTS };
    }),
  );
}

function checkModel(totals: SoakTotals, say: (text: string) => void): void {
  totals.isModelSound = runModel(MODEL_STATES, say);
  totals.modelStates = MODEL_STATES;
}
