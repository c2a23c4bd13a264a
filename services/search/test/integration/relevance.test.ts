import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { ndcgAt, type RetrievalCollection, readCollection, waitFor } from '@peermesh/testkit';
import { type SearchFixture, startSearch } from '../support/start-search.ts';

const folder = process.env['PEERMESH_RELEVANCE_DATA'];
const skip =
  folder === undefined || !existsSync(folder) ? 'PEERMESH_RELEVANCE_DATA names no folder with collections' : false;
const LEAST = { cranfield: 0.365, cisi: 0.4 } as const;

test('ranks the classic collections as well as promised, and better fused than by keyword alone', {
  skip,
}, async (t) => {
  const search = await startSearch({ EMBEDDER: 'auto', DATABASE_POOL_MAX: '4' });
  t.after(() => search.stop());
  const collections = (['cranfield', 'cisi'] as const).map((name) => readCollection(folder ?? '', name));
  for (const { name, documents } of collections) {
    await search.index(
      documents.map(({ id, title, text }) => ({ documentId: `doc_${id}`, title, text })),
      { tenantId: name },
    );
  }
  await waitFor(() => search.service.registry.active.get('vector')?.generation.spaceId?.startsWith('lsa@'), {
    timeoutMs: 60_000,
    message: 'no latent semantic space was trained',
  });
  const keyword: number[] = [];
  const fused: number[] = [];
  for (const collection of collections) {
    const alone = await meanNdcg(search, collection, 'keyword');
    const together = await meanNdcg(search, collection, 'auto');
    t.diagnostic(`${collection.name}: nDCG@10 keyword ${alone.toFixed(4)}, fused ${together.toFixed(4)}`);
    assert.ok(alone >= LEAST[collection.name as keyof typeof LEAST], `keyword on ${collection.name}: ${alone}`);
    assert.ok(together >= alone * 0.99, `fused on ${collection.name}: ${together} against ${alone}`);
    keyword.push(alone);
    fused.push(together);
  }
  assert.ok(mean(fused) > mean(keyword));
});

async function meanNdcg(search: SearchFixture, collection: RetrievalCollection, mode: string): Promise<number> {
  const claims = { tenant: collection.name };
  const scores: number[] = [];
  for (const { id, text } of collection.queries) {
    const body = {
      query: text,
      mode,
      page: { size: 10 },
      deadlineMs: 5_000,
      explain: 'none',
      highlight: false,
      dedupe: 'none',
    };
    const answer = await search.search(body, { claims });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const ranked = answer.body.results.map((hit: { id: string }) => hit.id.slice('doc_'.length));
    scores.push(ndcgAt(10, ranked, collection.gains.get(id) ?? new Map()));
  }
  return mean(scores);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
