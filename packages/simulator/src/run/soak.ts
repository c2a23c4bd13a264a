import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import type { SimulatedCore } from '../simulated-core.ts';
import { replayCommand } from './report.ts';
import { runSeeds } from './run-seeds.ts';
import { addResult, emptyTotals, type Totals } from './totals.ts';

const RESULTS = resolve(import.meta.dirname, '../../../../bench/results');

interface SoakOutcome {
  readonly core: string;
  readonly seconds: number;
  readonly totals: Totals;
  readonly failures: readonly string[];
}

/** Runs every core for its share of the time and writes bench/results/sim-soak. True when nothing failed. */
export async function soak(
  cores: readonly SimulatedCore[],
  minutes: number,
  firstSeed: number,
  workers: number,
  say: (text: string) => void,
): Promise<boolean> {
  const outcomes: SoakOutcome[] = [];
  for (const core of cores) {
    const totals = emptyTotals();
    const failures: string[] = [];
    const startedAtMs = performance.now();
    await runSeeds({
      core: core.name,
      firstSeed,
      seeds: Number.MAX_SAFE_INTEGER,
      untilMs: startedAtMs + (minutes * 60_000) / cores.length,
      workers,
      onResult: (result) => {
        addResult(totals, result);
        if (result.failure !== null)
          failures.push(`${result.failure.message} (${replayCommand(core.name, result.seed)})`);
      },
    });
    const seconds = (performance.now() - startedAtMs) / 1_000;
    outcomes.push({ core: core.name, seconds, totals, failures });
    say(`${core.name}: ${totals.seeds} seeds, ${totals.failures} failed, ${seconds.toFixed(0)} s\n`);
  }
  write(outcomes, workers, firstSeed, minutes);
  return outcomes.every(({ failures }) => failures.length === 0);
}

function write(outcomes: readonly SoakOutcome[], workers: number, firstSeed: number, minutes: number): void {
  const seeds = outcomes.reduce((sum, { totals }) => sum + totals.seeds, 0);
  const failed = outcomes.reduce((sum, { totals }) => sum + totals.failures, 0);
  const hours = outcomes.reduce((sum, { totals }) => sum + totals.virtualMs, 0) / 3_600_000;
  const summary = `${seeds} seeds, ${hours.toFixed(1)} virtual hours, ${failed} failed`;
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.versions.node}`;
  const command = `npm run sim -- --soak --minutes ${minutes} --seed ${firstSeed} --workers ${workers}`;
  mkdirSync(RESULTS, { recursive: true });
  const json = { passed: failed === 0, summary, command, machine, outcomes };
  writeFileSync(join(RESULTS, 'sim-soak.json'), `${JSON.stringify(json, null, 2)}\n`);
  writeFileSync(
    join(RESULTS, 'sim-soak.md'),
    ['# Simulation soak', '', `${summary}. \`${command}\` on ${machine}.`, '', ...outcomes.flatMap(section)].join('\n'),
  );
}

function section({ core, seconds, totals, failures }: SoakOutcome): string[] {
  const rows = (counts: Record<string, number>): string[] =>
    Object.entries(counts)
      .sort(([left], [right]) => left.localeCompare(right))
      .map(([name, count]) => `| ${name} | ${Math.round(count)} |`);
  return [
    `## ${core}`,
    '',
    `${totals.seeds} seeds in ${seconds.toFixed(0)} s, ${(totals.virtualMs / 3_600_000).toFixed(2)} virtual hours, ${totals.events} events, ${totals.failures} failed.`,
    '',
    ...failures.slice(0, 20).map((failure) => `- ${failure}`),
    ...(failures.length > 0 ? [''] : []),
    '| counted | times |',
    '|---|---:|',
    ...rows(totals.counts),
    '',
    '| invariant | checks |',
    '|---|---:|',
    ...rows(totals.checks),
    '',
    '| fault | times |',
    '|---|---:|',
    ...rows(totals.faults),
    '',
  ];
}
