import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import type { CodecOutcome, CoreOutcome, SoakTotals } from './soak-totals.ts';

const RESULTS = resolve(import.meta.dirname, '../../../../bench/results');

/** What was asked for, and how far it has come. */
export interface SoakProgress {
  readonly command: string;
  readonly minutesAsked: number;
  readonly minutesRun: number;
  readonly isComplete: boolean;
}

/** Writes bench/results/sim-soak.json and .md; a reader sees the last whole ones at any time. */
export function writeSoak(totals: SoakTotals, progress: SoakProgress): void {
  const { command, minutesAsked, minutesRun, isComplete } = progress;
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.versions.node}`;
  const span = `${minutesRun.toFixed(1)} of ${minutesAsked} minutes${isComplete ? '' : ', not complete'}`;
  const passed = isComplete && totals.failed === 0;
  const summary = `${totals.summary()} (${span})`;
  const { cores, codecs, modelStates } = totals;
  const json = { passed, summary, command, machine, minutesRun, isComplete, cores, codecs, modelStates };
  mkdirSync(RESULTS, { recursive: true });
  replace('sim-soak.json', `${JSON.stringify(json, null, 2)}\n`);
  const head = ['# Simulation soak', '', `${summary}. \`${command}\` on ${machine}.`, ''];
  replace('sim-soak.md', [...head, ...fuzzSection(codecs), ...cores.flatMap(coreSection)].join('\n'));
}

function replace(name: string, text: string): void {
  const path = join(RESULTS, name);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function fuzzSection(codecs: readonly CodecOutcome[]): string[] {
  return [
    '## Codecs',
    '',
    ...codecs.flatMap(({ findings }) => findings.slice(0, 20).map((finding) => `- ${finding.replaceAll('\n', ' ')}`)),
    '',
    '| codec | inputs | taken | refused | findings |',
    '|---|---:|---:|---:|---:|',
    ...codecs.map(
      ({ codec, totals: { inputs, accepted, refused }, findings }) =>
        `| ${codec} | ${inputs} | ${accepted} | ${refused} | ${findings.length} |`,
    ),
    '',
  ];
}

function coreSection({ core, seconds, totals, failures }: CoreOutcome): string[] {
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
