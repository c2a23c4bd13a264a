import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { issueTestToken, ndcgAt, type RetrievalCollection, readCollection, waitFor } from '@peermesh/testkit';
import { startSearchProcess } from '../search/search-process.ts';
import { writeResult } from '../write-result.ts';

const DEPTH = 10;
const KEYWORD_MIN: Readonly<Record<string, number>> = { cranfield: 0.365, cisi: 0.4 };
/** Share of the keyword leg's figure that fusion may lose on one collection. */
const LOSS_MAX = 0.01;
const ASKED_AT_ONCE = 4;

const RUNS = {
  keyword: { mode: 'keyword' },
  vector: { mode: 'semantic' },
  fused: { mode: 'auto' },
  rrf: { mode: 'auto', fusion: { method: 'rrf' } },
  dbsf: { mode: 'auto', fusion: { method: 'dbsf' } },
} as const;
type Run = keyof typeof RUNS;

interface Row {
  readonly name: string;
  readonly documents: number;
  readonly queries: number;
  readonly ndcg: Readonly<Record<Run, number>>;
}

const folder = process.argv[2] ?? process.env['PEERMESH_RELEVANCE_DATA'] ?? '';
const names = Object.keys(KEYWORD_MIN).filter((name) => existsSync(join(folder, name, 'qrels.tsv')));
if (folder === '' || names.length === 0) {
  process.stdout.write('skipped: PEERMESH_RELEVANCE_DATA names no folder with collections\n');
} else {
  const search = await startSearchProcess();
  try {
    const collections = names.map((name) => readCollection(folder, name));
    for (const collection of collections) await search.send(documentsOf(collection));
    await search.indexed(
      collections.reduce((sum, { documents }) => sum + documents.length, 0),
      120_000,
    );
    await waitFor(async () => (await search.vectorSpace()).startsWith('lsa@'), {
      timeoutMs: 120_000,
      message: 'no latent semantic space was trained',
    });
    const rows: Row[] = [];
    for (const collection of collections) rows.push(await rowOf(collection));
    report(rows, await search.vectorSpace());
  } finally {
    await search.stop();
  }

  async function rowOf(collection: RetrievalCollection): Promise<Row> {
    const { name, documents, queries } = collection;
    const ndcg = { keyword: 0, vector: 0, fused: 0, rrf: 0, dbsf: 0 };
    for (const run of Object.keys(RUNS) as Run[]) ndcg[run] = await meanNdcg(collection, run);
    process.stdout.write(`${name}: ${JSON.stringify(ndcg)}\n`);
    return { name, documents: documents.length, queries: queries.length, ndcg };
  }

  async function meanNdcg({ name, queries, gains }: RetrievalCollection, run: Run): Promise<number> {
    const token = await issueTestToken({ role: 'user', tenant: name, expiresInSeconds: 3600 });
    const waiting = [...queries];
    let sum = 0;
    const ask = async (): Promise<void> => {
      for (let query = waiting.pop(); query !== undefined; query = waiting.pop()) {
        const ranked = await rank(token, { query: query.text, ...RUNS[run] });
        sum += ndcgAt(DEPTH, ranked, gains.get(query.id) ?? new Map());
      }
    };
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, ask));
    return Math.round((sum / queries.length) * 10_000) / 10_000;
  }

  async function rank(token: string, wish: object): Promise<string[]> {
    const answer = await fetch(`${search.service.url}/api/v1/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({
        ...wish,
        page: { size: DEPTH },
        deadlineMs: 5_000,
        partial: 'refuse',
        explain: 'none',
        highlight: false,
        dedupe: 'none',
      }),
    });
    if (!answer.ok) throw new Error(`the search answered ${answer.status}: ${await answer.text()}`);
    const { results } = (await answer.json()) as { results: { id: string }[] };
    return results.map(({ id }) => id.slice('doc_'.length));
  }
}

function* documentsOf({ name, documents }: RetrievalCollection) {
  for (const { id, title, text } of documents) yield { id: `doc_${id}`, tenantId: name, title, text };
}

function report(rows: readonly Row[], vectorSpace: string): void {
  const mean = (run: Run): number => rows.reduce((sum, { ndcg }) => sum + ndcg[run], 0) / rows.length;
  const passed =
    rows.every(
      ({ name, ndcg }) => ndcg.keyword >= (KEYWORD_MIN[name] ?? 0) && ndcg.fused >= ndcg.keyword * (1 - LOSS_MAX),
    ) && mean('fused') > mean('keyword');
  const runs = Object.keys(RUNS) as Run[];
  const cells = (values: readonly number[]): string => values.map((value) => value.toFixed(4)).join(' | ');
  writeResult('relevance', {
    passed,
    summary: `nDCG@${DEPTH} over ${rows.length} collections: keyword ${mean('keyword').toFixed(4)}, fused ${mean('fused').toFixed(4)}`,
    figures: { depth: DEPTH, vectorSpace, collections: rows },
    markdown: [
      `nDCG@${DEPTH} of collections with judgements, asked over HTTP of a search process that was given their documents and has`,
      'trained its latent semantic space on them. `fused` is what a caller gets who chooses nothing.',
      '',
      `| collection | documents | queries | ${runs.join(' | ')} | keyword promised |`,
      `|---|---|---|${runs.map(() => '---|').join('')}---|`,
      ...rows.map(
        ({ name, documents, queries, ndcg }) =>
          `| ${name} | ${documents} | ${queries} | ${cells(runs.map((run) => ndcg[run]))} | >= ${KEYWORD_MIN[name]} |`,
      ),
      `| mean | | | ${cells(runs.map(mean))} | |`,
      '',
      `Promised of fusion: on each collection at least ${100 - LOSS_MAX * 100} % of keyword, and above it in the mean.`,
    ].join('\n'),
  });
  process.exitCode = passed ? 0 : 1;
}
