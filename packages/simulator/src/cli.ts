import { CORES, coreNamed } from './cores.ts';
import { runFuzz } from './fuzz/command.ts';
import { runModel } from './model/command.ts';
import { recordKnownSeeds } from './mutants/known-seeds.ts';
import { selectMutants } from './mutants/registry.ts';
import { describeVerdict, runMutants } from './mutants/run-mutants.ts';
import { readOptions, type SimOptions } from './run/options.ts';
import { describeFailure, describeTotals } from './run/report.ts';
import { runSeeds } from './run/run-seeds.ts';
import { shrink } from './run/shrink.ts';
import { soak } from './run/soak.ts';
import { addResult, emptyTotals } from './run/totals.ts';
import { runScenario } from './scenarios/command.ts';
import type { SeedFailure, SeedResult, SimulatedCore } from './simulated-core.ts';

const say = (text: string): void => {
  process.stdout.write(text);
};

const hasFailed = (result: SeedResult): result is SeedResult & { readonly failure: SeedFailure } =>
  result.failure !== null;

/** Repeats one seed, with the faults left that are asked for. */
function replay(core: SimulatedCore, { seed, faults, untilMs }: SimOptions): boolean {
  const options = { ...(faults === null ? {} : { faults }), ...(untilMs === null ? {} : { untilMs }) };
  const result = core.runSeed(seed, options);
  if (!hasFailed(result)) {
    say(`seed ${seed} of ${core.name} passes: ${result.world}, ${result.events} events\n`);
    return true;
  }
  const isShrunk = faults !== null || untilMs !== null;
  const shrunk = isShrunk ? { options, result, failure: result.failure, runs: 0 } : shrink(core, result);
  say(describeFailure(core.name, shrunk, 200));
  return false;
}

async function runMany(core: SimulatedCore, { seed, seeds, workers }: SimOptions): Promise<boolean> {
  const totals = emptyTotals();
  const startedAtMs = performance.now();
  let firstFailure: (SeedResult & { readonly failure: SeedFailure }) | null = null;
  await runSeeds({
    core: core.name,
    firstSeed: seed,
    seeds,
    workers,
    stopsAtFailure: true,
    onResult: (result) => {
      addResult(totals, result);
      if (hasFailed(result)) firstFailure ??= result;
    },
  });
  say(describeTotals(core.name, totals, (performance.now() - startedAtMs) / 1_000));
  if (firstFailure === null) return true;
  say(describeFailure(core.name, shrink(core, firstFailure)));
  return false;
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.mutants !== null) {
    const mutants = selectMutants(options.mutants);
    const verdicts = await runMutants(mutants, {
      workers: options.workers,
      onVerdict: (verdict) => say(`${describeVerdict(verdict)}\n`),
    });
    if (options.records) recordKnownSeeds(verdicts);
    const killed = verdicts.filter(({ verdict }) => verdict === 'killed').length;
    say(`${killed} of ${verdicts.length} seeded bugs killed\n`);
    return killed === verdicts.length ? 0 : 1;
  }
  if (options.modelStates !== null) return runModel(options.modelStates, say) ? 0 : 1;
  if (options.fuzzInputs !== null) return runFuzz(options.fuzzInputs, options.codec, options.seed, say) ? 0 : 1;
  if (options.scenario !== null) return runScenario(options.scenario, options.nodes, options.seed, say) ? 0 : 1;
  const cores = options.core === null ? CORES : options.core.split(',').map(coreNamed);
  if (options.soak) {
    const { minutes, seed: firstSeed, workers } = options;
    return (await soak({ cores, minutes, firstSeed, workers }, say)) ? 0 : 1;
  }
  if (options.isReplay) {
    const [core] = cores;
    if (core === undefined || cores.length > 1) throw new RangeError('--seed needs --core NAME');
    return replay(core, options) ? 0 : 1;
  }
  let isGood = true;
  for (const core of cores) isGood = (await runMany(core, options)) && isGood;
  return isGood ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`sim: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof Error && error.cause instanceof Error) process.stderr.write(`${error.cause.stack}\n`);
  process.exitCode = 2;
}
