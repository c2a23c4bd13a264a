import type { SeedOptions } from '../simulated-core.ts';
import type { Shrunk } from './shrink.ts';
import type { Totals } from './totals.ts';

/** The one command that repeats a run. */
export function replayCommand(core: string, seed: number, options: SeedOptions = {}): string {
  const faults = options.faults === undefined ? '' : ` --faults ${options.faults.join(',') || 'none'}`;
  const until = options.untilMs === undefined ? '' : ` --until ${options.untilMs}`;
  return `npm run sim -- --core ${core} --seed ${seed}${faults}${until}`;
}

/** What a person needs to see of a failure: the rule, the command, the faults that are needed and the last events. */
export function describeFailure(core: string, { options, result, failure, runs }: Shrunk, lines = 60): string {
  const wanted = options.faults === undefined ? null : new Set(options.faults);
  const faults = result.faults
    .filter(({ index, atMs }) => wanted?.has(index) !== false && atMs <= failure.atMs)
    .map(({ kind, atMs, durationMs, index }) => {
      const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(3);
      return `  #${index} ${kind} at ${seconds(atMs)} s for ${seconds(durationMs)} s`;
    });
  return [
    `seed ${result.seed} of ${core} fails: ${failure.message}`,
    `world: ${result.world}`,
    `replay: ${replayCommand(core, result.seed)}`,
    `shrunk in ${runs} runs to ${faults.length} of ${result.faults.length} faults: ${replayCommand(core, result.seed, options)}`,
    ...faults,
    'trace:',
    ...failure.trace.slice(-lines).map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/** Totals on a few lines. */
export function describeTotals(core: string, totals: Totals, seconds: number): string {
  const faults = Object.values(totals.faults).reduce((sum, count) => sum + count, 0);
  const checks = Object.values(totals.checks).reduce((sum, count) => sum + count, 0);
  const counts = Object.entries(totals.counts).map(([name, count]) => `${name} ${Math.round(count)}`);
  return [
    `${core}: ${totals.seeds} seeds, ${totals.failures} failed, in ${seconds.toFixed(1)} s (${(totals.seeds / seconds).toFixed(2)}/s)`,
    `  ${(totals.virtualMs / 3_600_000).toFixed(2)} virtual hours, ${totals.events} events, ${faults} faults of ${Object.keys(totals.faults).length} kinds, ${checks} invariant checks`,
    `  ${counts.join(', ')}`,
    '',
  ].join('\n');
}
