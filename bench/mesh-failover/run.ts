import { existsSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { StreamTotals } from '@peermesh/infra/mesh-processes';
import { writeResult } from '../write-result.ts';
import { CUT_KINDS, type CutSample, measureCuts } from './cuts.ts';
import { measureKills } from './kills.ts';
import { startSubject } from './mesh.ts';

/*
 * Real processes with real disks: links under traffic are cut in four ways, the leader is killed with SIGKILL, and every message
 * is accounted for. With --add the samples join those of the result that is there, so that a long run may come in
 * pieces; with no cuts and no kills besides, the result is written anew from the samples that are there.
 */

const NAME = 'mesh-failover';
const CUT_P99_MS_MAX = 350;
const KILL_P99_MS_MAX = 3_000;
/** Fewer samples promise nothing. */
const CUTS_MIN = 200;
const KILLS_MIN = 30;

/** One run: what it measured, and how busy the machine was. */
interface Run {
  readonly cuts: readonly CutSample[];
  readonly kills: readonly number[];
  readonly messages: StreamTotals;
  readonly loadAverage: number;
  /** The longest turn of this process's event loop, which the measurement includes, ms. */
  readonly stallMs: number;
}

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '200' },
    kills: { type: 'string', default: '30' },
    add: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '3600' },
  },
});

function earlierRuns(): readonly Run[] {
  const file = join(import.meta.dirname, '../results', `${NAME}.json`);
  if (!values.add || !existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly runs: readonly Run[] }).runs;
}

async function run(): Promise<Run> {
  const begin = performance.now();
  const subject = await startSubject();
  process.stdout.write(`six nodes, formed and settled after ${Math.round(performance.now() - begin)} ms\n`);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  try {
    const cuts = await measureCuts(subject, Number(values.cuts), Number(values.seconds));
    const kills = await measureKills(subject, Number(values.kills));
    const messages = await subject.stream.finish(2_000);
    const stallMs = Math.round(delay.max / 1e6);
    return { cuts, kills: kills.map(Math.round), messages, loadAverage: loadavg()[0] ?? 0, stallMs };
  } finally {
    await subject.mesh.close();
  }
}

const quantile = (samples: readonly number[], share: number): number | null => {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
  return value === undefined ? null : Math.round(value);
};
const shown = (value: number | null): string => (value === null ? '-' : String(value));
const rowOf = (what: string, samples: readonly number[]): string =>
  `| ${what} | ${samples.length} | ${[0.5, 0.99, 1].map((share) => shown(quantile(samples, share))).join(' | ')} |`;

const wantsMore = Number(values.cuts) + Number(values.kills) > 0;
const runs = [...earlierRuns(), ...(wantsMore ? [await run()] : [])];
const cuts = runs.flatMap((one) => one.cuts);
const kills = runs.flatMap((one) => one.kills);
const times = cuts.map(({ flowsAfterMs }) => flowsAfterMs);
const sum = (pick: (totals: StreamTotals) => number): number =>
  runs.reduce((total, { messages }) => total + pick(messages), 0);
const harm = sum(({ lost, repeated, disordered }) => lost + repeated + disordered);
const [cutP99, killP99] = [quantile(times, 0.99), quantile(kills, 0.99)];
const isEnough = cuts.length >= CUTS_MIN && kills.length >= KILLS_MIN;
const isFast = (cutP99 ?? 0) < CUT_P99_MS_MAX && (killP99 ?? 0) < KILL_P99_MS_MAX;

writeResult(NAME, {
  passed: isEnough && isFast && harm === 0,
  summary: [
    `${cuts.length} link cuts (of ${CUTS_MIN}): traffic flows again after ${shown(quantile(times, 0.5))} ms (p50), ${shown(cutP99)} ms (p99, must be under ${CUT_P99_MS_MAX});`,
    `${kills.length} kills of the leader (of ${KILLS_MIN}): a new one after ${shown(quantile(kills, 0.5))} ms (p50), ${shown(killP99)} ms (p99, must be under ${KILL_P99_MS_MAX});`,
    `of ${sum(({ accepted }) => accepted)} accepted messages ${sum(({ lost }) => lost)} lost, ${sum(({ repeated }) => repeated)} repeated, ${sum(({ disordered }) => disordered)} out of order.`,
  ].join(' '),
  figures: { cutP99Ms: cutP99, killP99Ms: killP99, runs },
  markdown: [
    'Six nodes as processes, each with its disk: four relays, and two that accept no connection and talk through them, with',
    'a reliable message of 256 bytes every 10 ms between those two. A proxy between the nodes cuts the link that the messages',
    'take, next to the sender and next to the receiver in turn. The time runs from the cut to the end of the last stretch of',
    'more than 60 ms without a message; kills run from SIGKILL to the answer of another node that names a new leader.',
    '',
    '| what | times | p50 ms | p99 ms | longest ms |',
    '| --- | ---: | ---: | ---: | ---: |',
    rowOf('every cut', times),
    ...CUT_KINDS.map((kind) =>
      rowOf(
        `cut: ${kind}`,
        cuts.filter((cut) => cut.kind === kind).map(({ flowsAfterMs }) => flowsAfterMs),
      ),
    ),
    rowOf('leader killed', kills),
    '',
    `Runs: ${runs.length}; load average at the end of each: ${runs.map(({ loadAverage }) => loadAverage.toFixed(1)).join(', ')};`,
    `longest turn of the measuring process: ${runs.map(({ stallMs }) => `${stallMs} ms`).join(', ')}.`,
    'Made by `npm run bench -- mesh-failover`; in pieces by `node --conditions=@peermesh/source bench/mesh-failover/run.ts --add --seconds 120 --kills 8`.',
  ].join('\n'),
});
process.exitCode = isEnough && isFast && harm === 0 ? 0 : 1;
