import { parseArgs } from 'node:util';
import { writeResult } from '../write-result.ts';
import { corpus } from './corpus.ts';
import { type LoadResult, type LoadRun, load, round, summarize } from './load.ts';
import { startSearchProcess } from './search-process.ts';

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '100000' },
    /** Of each of the runs with all clients. */
    seconds: { type: 'string', default: '20' },
    /** A folder for the data of PostgreSQL; what an earlier run loaded there is used again, and no result is written. */
    keep: { type: 'string' },
  },
});
const DOCUMENTS = Number(values.documents);
const SECONDS = Number(values.seconds);
const CLIENTS = 50;
/** As the shape of reports in the design of operations asks: a warm-up that is not counted, then three runs, a minute together. */
const RUNS = 3;
const WARM_UP_SECONDS = 15;
const SHORT_WORDS = 15;
const NORMAL_WORDS = 180;
const SHORT_DOCUMENTS = Math.min(20_000, Math.floor(DOCUMENTS / 4));
const P99_MS_MAX = 200;
/** CPU of the service in a second of rest, at most. */
const RESTING_CPU_MS = 250;
const OVERHEAD_MS_MAX = 3;
const SHORT_PER_SECOND_MIN = 1_500;
const NORMAL_PER_SECOND_MIN = 150;

const search = await startSearchProcess({ keepIn: values.keep });
try {
  const { shortRate, normalRate } = await fill();
  await settle();
  const under = (clients: number, seconds: number, mode: string, seed: number): Promise<LoadRun> =>
    load(search.service, { clients, seconds, mode, seed });
  const single = summarize([await under(1, 5, 'auto', 11)]);
  await under(CLIENTS, WARM_UP_SECONDS, 'auto', 17);
  const before = await overhead();
  const runs: LoadRun[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await under(CLIENTS, SECONDS, 'auto', 23 + run));
  const auto = summarize(runs);
  const keyword = summarize([await under(CLIENTS, SECONDS / 2, 'keyword', 31)]);
  const overheadMs = quantile(await overhead(), before.overall, 0.5);
  const passed =
    auto.p99Ms < P99_MS_MAX &&
    auto.failures === 0 &&
    overheadMs <= OVERHEAD_MS_MAX &&
    shortRate >= SHORT_PER_SECOND_MIN &&
    normalRate >= NORMAL_PER_SECOND_MIN;
  const row = (name: string, r: LoadResult): string =>
    `| ${name} | ${r.requests} | ${r.requestsPerSecond} | ${r.p50Ms} | ${r.p95Ms} | ${r.p99Ms} | ${r.maxMs} | ${r.cpuMsPerRequest} | ${r.degraded} | ${r.failures} |`;
  const report = values.keep === undefined ? writeResult : print;
  report('search', {
    passed,
    summary: `${DOCUMENTS} documents, ${CLIENTS} clients: p99 ${auto.p99Ms} ms, ${auto.requestsPerSecond}/s, ${auto.degraded} degraded; orchestration and fusion ${overheadMs} ms p50; indexing ${shortRate}/s short, ${normalRate}/s normal`,
    figures: {
      documents: DOCUMENTS,
      clients: CLIENTS,
      vectorSpace: await search.vectorSpace(),
      single,
      auto,
      runs: runs.map((run) => summarize([run])),
      keyword,
      overheadMs,
      shortRate,
      normalRate,
    },
    markdown: [
      'No question is asked twice, so neither the answer cache nor coalescing helps; the clients ask again as soon as they have',
      'their answer and share the cores with the service, PostgreSQL and NATS. `mode: auto` asks keyword and vector legs, and',
      `the graph leg where the question names an entity. ${RUNS} runs of ${SECONDS} s after ${WARM_UP_SECONDS} s of warm-up with as many clients; the run with`,
      'one client comes before the warm-up. Indexing is from the broker to all four legs.',
      '',
      '| run | requests | per second | p50 ms | p95 ms | p99 ms | max ms | service CPU ms each | degraded | failed |',
      '|---|---|---|---|---|---|---|---|---|---|',
      row('1 client', single),
      ...runs.map((run, i) => row(`${CLIENTS} clients, run ${i + 1}`, summarize([run]))),
      row(`${CLIENTS} clients, all runs`, auto),
      row(`${CLIENTS} clients, keyword only`, keyword),
      '',
      '| figure | found | promised |',
      '|---|---|---|',
      `| p99 at ${CLIENTS} clients | ${auto.p99Ms} ms | < ${P99_MS_MAX} ms |`,
      `| orchestration and fusion beyond the slowest leg, p50 | ${overheadMs} ms | <= ${OVERHEAD_MS_MAX} ms |`,
      `| short documents (${SHORT_WORDS} words) indexed | ${shortRate}/s | >= ${SHORT_PER_SECOND_MIN}/s |`,
      `| documents (${NORMAL_WORDS} words) indexed | ${normalRate}/s | >= ${NORMAL_PER_SECOND_MIN}/s |`,
    ].join('\n'),
  });
  process.exitCode = passed ? 0 : 1;
} finally {
  await search.stop();
}

/** For runs on documents of an earlier run: no result to keep. */
function print(_name: string, { markdown }: { readonly markdown: string }): void {
  process.stdout.write(`${markdown}\n`);
}

/** Loads the corpus; what is there from an earlier run counts as indexed, at no rate. */
async function fill(): Promise<{ shortRate: number; normalRate: number }> {
  if ((await search.documents()) >= DOCUMENTS) return { shortRate: Number.NaN, normalRate: Number.NaN };
  const shortRate = await indexRate(corpus(SHORT_DOCUMENTS, SHORT_WORDS, 3), SHORT_DOCUMENTS, SHORT_DOCUMENTS);
  process.stdout.write(`indexed ${SHORT_DOCUMENTS} short documents at ${shortRate}/s\n`);
  const normal = DOCUMENTS - SHORT_DOCUMENTS;
  const normalRate = await indexRate(corpus(normal, NORMAL_WORDS, 7), normal, DOCUMENTS);
  process.stdout.write(`indexed ${normal} documents of ${NORMAL_WORDS} words at ${normalRate}/s\n`);
  return { shortRate, normalRate };
}

/** Documents per second from the first event sent to the last document on all legs. */
async function indexRate(
  documents: Iterable<Parameters<typeof search.send>[0] extends Iterable<infer D> ? D : never>,
  count: number,
  total: number,
): Promise<number> {
  const startedAt = performance.now();
  await search.send(documents);
  const endedAt = await search.indexed(total, 1_200_000);
  return Math.round(count / ((endedAt - startedAt) / 1000));
}

/**
 * Waits until a trained space, if one is being filled, has taken over, nothing lags, and the service rests: a process that has
 * started on documents of an earlier run reads them into memory first.
 */
async function settle(): Promise<void> {
  const until = performance.now() + 300_000;
  for (let quiet = 0; quiet < 20 && performance.now() < until; ) {
    const startedCpuMs = search.service.cpuMs();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const isAtRest = search.service.cpuMs() - startedCpuMs < RESTING_CPU_MS;
    quiet = isAtRest && (await search.lag()) === 0 ? quiet + 1 : 0;
  }
}

interface Histogram {
  readonly overall: ReadonlyMap<number, number>;
}

async function overhead(): Promise<Histogram> {
  const text = await (await fetch(`${search.service.url}/metrics`)).text();
  const overall = new Map<number, number>();
  for (const [, bound, count] of text.matchAll(
    /search_fusion_overhead_seconds_bucket\{[^}]*le="([^"]+)"[^}]*\} (\d+)/g,
  )) {
    overall.set(bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), Number(count));
  }
  return { overall };
}

/** An upper bound of a quantile in milliseconds, from the buckets that grew. */
function quantile({ overall }: Histogram, before: ReadonlyMap<number, number>, share: number): number {
  const grown = [...overall]
    .map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const)
    .sort((a, b) => a[0] - b[0]);
  const total = grown.at(-1)?.[1] ?? 0;
  let below = 0;
  let lower = 0;
  for (const [bound, count] of grown) {
    if (count >= total * share) {
      const inside = count - below;
      return round((lower + ((bound - lower) * (total * share - below)) / Math.max(1, inside)) * 1000);
    }
    below = count;
    lower = bound;
  }
  return Number.NaN;
}
