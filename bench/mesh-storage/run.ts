import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeResult } from '../write-result.ts';
import { measure, PAYLOAD_BYTES, SUBJECTS } from './appends.ts';
import { fill } from './fill.ts';

/*
 * What storage costs a node: durable appends a second against bare LMDB in the same run, round by round in turn, and how long
 * a start takes with a GiB of log.
 */

const ROUNDS = Number(process.argv[2] ?? 3);
const SECONDS = Number(process.argv[3] ?? 1.5);
const TOPIC_BYTES = Number(process.argv[4] ?? 2 ** 30);
const STARTS = 5;
const START_MS_MAX = 5_000;
const REFERENCE = 'bare lmdb';

interface Figures {
  readonly perSecond: number;
  readonly cpuUs: number;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const k = (value: number): string => `${Math.round(value / 1_000)} k`;

async function appends(folder: string, appenders: number): Promise<Record<string, Figures>> {
  const rounds: Record<string, Figures[]> = {};
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of Object.keys(SUBJECTS))
      (rounds[name] ??= []).push(await measure(name, folder, appenders, SECONDS));
  return Object.fromEntries(
    Object.entries(rounds).map(([name, figures]) => [
      name,
      {
        perSecond: Math.round(median(figures.map(({ perSecond }) => perSecond))),
        cpuUs: Math.round(median(figures.map(({ cpuUs }) => cpuUs)) * 100) / 100,
      },
    ]),
  );
}

const folder = mkdtempSync(join(import.meta.dirname, '.data-'));
try {
  const by64 = await appends(folder, 64);
  const by1024 = await appends(folder, 1_024);
  const path = join(folder, 'restart');
  const filled = await fill(path, TOPIC_BYTES);
  const starts = Array.from({ length: STARTS }, () => {
    const process_ = join(import.meta.dirname, 'restart-process.ts');
    const output = execFileSync(process.execPath, ['--conditions=@peermesh/source', process_, path], {
      encoding: 'utf8',
    });
    return JSON.parse(output) as { readonly servingMs: number; readonly entries: number };
  });
  if (starts.some(({ entries }) => entries !== filled.entries)) throw new Error('a start has not read the whole log');
  const startMs = Math.round(median(starts.map(({ servingMs }) => servingMs)));
  const worstMs = Math.round(Math.max(...starts.map(({ servingMs }) => servingMs)));
  const ratio = (figures: Record<string, Figures>, name: string): number =>
    Math.round(((figures[name]?.perSecond ?? 0) / (figures[REFERENCE]?.perSecond ?? 1)) * 100) / 100;
  const rows = [by64, by1024].flatMap((figures, at) =>
    Object.entries(figures).map(
      ([name, { perSecond, cpuUs }]) =>
        `| ${at === 0 ? '64' : '1,024'} | ${name} | ${k(perSecond)} | ${ratio(figures, name)}x | ${cpuUs} µs |`,
    ),
  );
  writeResult('mesh-storage', {
    passed: worstMs < START_MS_MAX,
    summary: `a node's storage serves ${startMs} ms after the start with a GiB of log (limit ${START_MS_MAX} ms); ${k(by1024['log of topics']?.perSecond ?? 0)} durable appends/s of ${PAYLOAD_BYTES} bytes with 1,024 waiting, ${ratio(by1024, 'log of topics')}x of bare LMDB`,
    figures: { by64, by1024, startMs, worstMs, filled },
    markdown: [
      `Durable appends of ${PAYLOAD_BYTES} bytes, medians of ${ROUNDS} rounds in turn. Each appender waits until its record is on the disk; those of the`,
      'stores go to 16 topics or groups, with a checksum each; bare LMDB has one table, numbers as keys, and overlapping sync,',
      'of which `.flushed` is awaited.',
      '',
      '| appenders | store | durable appends/s | of bare LMDB | processor time each |',
      '|---|---|---|---|---|',
      ...rows,
      '',
      `Start: a process of its own, from its begin until it has opened the volume, read and checked a snapshot of ${filled.snapshotBytes / 2 ** 20} MiB and`,
      `${filled.entries.toLocaleString('en')} entries of Raft's log, found its place in ${filled.records.toLocaleString('en')} records (${TOPIC_BYTES / 2 ** 30} GiB) of topics and appended one durably.`,
      `Median of ${STARTS}: ${startMs} ms, the slowest ${worstMs} ms. The file is in the page cache, as after a crash of the process.`,
      '',
      '`npm run bench -- mesh-storage`',
    ].join('\n'),
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
