import { writeResult } from '../write-result.ts';
import { documents, extractedDocuments } from './documents.ts';
import { Intake, type IntakeRun } from './intake.ts';
import { startPipeline } from './stores.ts';

const BUILTIN_PER_SECOND = 150;
const HANDED_IN_PER_SECOND = 1_500;
const SECONDS = 10;
const LATENCY_MAX_MS = 2_000;

const pipeline = await startPipeline();
const intake = new Intake(pipeline);
const runs: Record<string, IntakeRun> = {};
const cpu: Record<string, { ingestCpuMsPerDocument: number; searchCpuMsPerDocument: number }> = {};
const measured = async (name: string, load: Parameters<Intake['run']>[0]): Promise<IntakeRun> => {
  const [ingestMs, searchMs] = [pipeline.ingest.cpuMs(), pipeline.search.cpuMs()];
  const run = await intake.run(load);
  const perDocument = (ms: number): number => Math.round((ms / load.count) * 100) / 100;
  cpu[name] = {
    ingestCpuMsPerDocument: perDocument(pipeline.ingest.cpuMs() - ingestMs),
    searchCpuMsPerDocument: perDocument(pipeline.search.cpuMs() - searchMs),
  };
  runs[name] = run;
  process.stdout.write(`${name}: ${JSON.stringify({ ...run, ...cpu[name] })}\n`);
  return run;
};
try {
  const builtin = documents('builtin');
  const handedIn = extractedDocuments('handed-in');
  await intake.run({ items: builtin, count: 300, perRequest: 1, concurrency: 8 });
  await intake.run({ items: handedIn, count: 2_000, perRequest: 100, concurrency: 2 });
  await measured('builtin', {
    items: builtin,
    count: BUILTIN_PER_SECOND * SECONDS,
    perRequest: 1,
    concurrency: 16,
  });
  await measured('builtin, half load', {
    items: builtin,
    count: (BUILTIN_PER_SECOND / 2) * SECONDS,
    perRequest: 1,
    concurrency: 1,
    perSecond: BUILTIN_PER_SECOND / 2,
  });
  await measured('handed in', {
    items: handedIn,
    count: HANDED_IN_PER_SECOND * SECONDS,
    perRequest: 100,
    concurrency: 4,
  });
  await measured('handed in, half load', {
    items: handedIn,
    count: (HANDED_IN_PER_SECOND / 2) * SECONDS,
    perRequest: 25,
    concurrency: 1,
    perSecond: HANDED_IN_PER_SECOND / 2,
  });
} finally {
  await intake.stop();
  await pipeline.stop();
}

const of = (name: string): IntakeRun => {
  const run = runs[name];
  if (run === undefined) throw new Error(`${name} was not measured`);
  return run;
};
const [builtin, builtinHalf, handedIn, handedInHalf] = [
  of('builtin'),
  of('builtin, half load'),
  of('handed in'),
  of('handed in, half load'),
];
const passed =
  builtin.perSecond >= BUILTIN_PER_SECOND &&
  handedIn.perSecond >= HANDED_IN_PER_SECOND &&
  builtinHalf.p99Ms < LATENCY_MAX_MS &&
  handedInHalf.p99Ms < LATENCY_MAX_MS;
writeResult('pipeline', {
  passed,
  summary:
    `${builtin.perSecond} documents/s with the built-in extractor (promised: ${BUILTIN_PER_SECOND}), ` +
    `${handedIn.perSecond}/s with extraction handed in (promised: ${HANDED_IN_PER_SECOND}); ` +
    `p99 until searchable ${builtinHalf.p99Ms} ms at ${BUILTIN_PER_SECOND / 2}/s and ${handedInHalf.p99Ms} ms at ${HANDED_IN_PER_SECOND / 2}/s (promised: 2 s)`,
  figures: { runs, cpu },
  markdown: [
    'One process each of ingest and search, PostgreSQL, NATS and Redis on the same machine as the load; settings as shipped.',
    'Documents of about 110 words. Built-in: `POST /api/v1/content` one by one. Handed in: `POST /api/v1/content/batch` with',
    '`extraction`, 100 items a request (25 at half load). Searchable: `search.document_indexed` was received.',
    '',
    '| run | documents | accepted/s | searchable/s | p50 ms | p99 ms | ingest CPU ms/document | search CPU ms/document |',
    '|---|---|---|---|---|---|---|---|',
    ...Object.entries(runs).map(([name, run]) => {
      const used = cpu[name];
      return `| ${name} | ${run.documents} | ${run.acceptedPerSecond} | ${run.perSecond} | ${run.p50Ms} | ${run.p99Ms} | ${used?.ingestCpuMsPerDocument} | ${used?.searchCpuMsPerDocument} |`;
    }),
    '',
    'Command: `npm run bench -- pipeline`. PostgreSQL without fsync.',
  ].join('\n'),
});
process.exitCode = passed ? 0 : 1;
