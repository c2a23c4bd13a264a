import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@peermesh/testkit';
import { HnswThread } from '../../src/adapters/threads/hnsw-thread.ts';
import { FLAT_MAX, VectorIndex } from '../../src/domain/vector/vector-index.ts';
import { unitVector } from '../../src/domain/vector/vector-store.ts';
import { attributesOf, randomOf } from '../support/domain-samples.ts';

const DIMS = 64;
const SIZE = FLAT_MAX + 2_000;
const everybody = (): boolean => true;
const unfiltered = { matches: null };

/** Vectors around 200 centres, as texts lie around topics. */
function vectorsOf(count: number): Float32Array[] {
  const random = randomOf(3);
  const gauss = (): number => random() + random() + random() - 1.5;
  const centres = Array.from({ length: 200 }, () => Array.from({ length: DIMS }, gauss));
  return Array.from({ length: count }, () => {
    const centre = centres[Math.floor(random() * centres.length)] as number[];
    return unitVector(
      centre.map((value) => value + 0.6 * gauss()),
      DIMS,
    ) as Float32Array;
  });
}

function similarity(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

async function linkedIndex(vectors: readonly Float32Array[], thread = new HnswThread()): Promise<VectorIndex> {
  const index = new VectorIndex(DIMS, thread);
  for (const [i, vector] of vectors.entries()) index.put(`doc_${i}`, attributesOf('doc'), vector);
  await waitFor(() => index.unlinked === 0, { message: 'the graph was not filled' });
  return index;
}

test('the graph finds nearly all of the nearest, and says exactly how near they are', async (t) => {
  const vectors = vectorsOf(SIZE);
  const index = await linkedIndex(vectors);
  let found = 0;
  const queries = vectors.filter((_, i) => i % 100 === 0);
  for (const query of queries) {
    const near = vectors.map((vector, i) => ({ id: `doc_${i}`, raw: similarity(query, vector) }));
    const nearest = near.sort((a, b) => b.raw - a.raw).slice(0, 10);
    const { hits, exhaustive } = await index.search(query, 10, everybody, unfiltered, t.signal);
    assert.equal(exhaustive, false);
    const wanted = new Map(nearest.map(({ id, raw }) => [id, raw]));
    for (const { id, raw } of hits) {
      const exact = wanted.get(id);
      if (exact === undefined) continue;
      found += 1;
      assert.ok(Math.abs(raw - exact) < 1e-5, `${id}: ${raw} is not ${exact}`);
    }
  }
  assert.ok(found / (queries.length * 10) > 0.95, `recall is ${found / (queries.length * 10)}`);
});

test('a vector is found as soon as it is put, and never again once it is removed', async (t) => {
  const [fresh, ...vectors] = vectorsOf(SIZE) as [Float32Array, ...Float32Array[]];
  const index = await linkedIndex(vectors);
  const idsNear = async (): Promise<string[]> =>
    (await index.search(fresh, 5, everybody, unfiltered, t.signal)).hits.map(({ id }) => id);
  index.put('doc_fresh', attributesOf('doc'), fresh);
  assert.equal((await idsNear())[0], 'doc_fresh');
  await waitFor(() => index.unlinked === 0, { message: 'the new vector was not linked' });
  assert.equal((await idsNear())[0], 'doc_fresh');
  index.remove('doc_fresh');
  assert.ok(!(await idsNear()).includes('doc_fresh'));
});

test('nothing is missed while the graph is filled', async (t) => {
  const vectors = vectorsOf(SIZE);
  const index = new VectorIndex(DIMS, new HnswThread());
  for (const [i, vector] of vectors.entries()) {
    index.put(`doc_${i}`, attributesOf('doc'), vector);
    if (i % 500 !== 0) continue;
    const { hits } = await index.search(vector, 3, everybody, unfiltered, t.signal);
    assert.ok(Math.abs((hits[0]?.raw ?? 0) - 1) < 1e-5, `doc_${i} is not found`);
  }
});

test('a filter that few meet is answered by a scan of everything', async (t) => {
  const vectors = vectorsOf(SIZE);
  const index = await linkedIndex(vectors);
  const wanted = new Set(['doc_17', 'doc_4711']);
  const { hits, exhaustive } = await index.search(
    vectors[0] as Float32Array,
    10,
    everybody,
    { matches: (id) => wanted.has(id) },
    t.signal,
  );
  assert.equal(exhaustive, true);
  assert.ok(hits.every(({ id }) => wanted.has(id)));
});

test('a graph whose thread has ended is built anew, and until then a scan answers', async (t) => {
  const thread = new HnswThread();
  const vectors = vectorsOf(SIZE);
  const index = await linkedIndex(vectors, thread);
  index.remove('doc_5');
  const lost = index.search(vectors[1] as Float32Array, 5, everybody, unfiltered, t.signal);
  const ended = thread.end();
  await Promise.allSettled([lost]);
  await ended;
  const ask = (): ReturnType<VectorIndex['search']> =>
    index.search(vectors[5] as Float32Array, 5, everybody, unfiltered, t.signal);
  assert.equal((await ask()).exhaustive, true);
  await waitFor(() => index.unlinked === 0, { message: 'the graph was not filled again' });
  const { hits, exhaustive } = await ask();
  assert.equal(exhaustive, false);
  assert.ok(hits.length === 5 && hits.every(({ id }) => id !== 'doc_5'));
});

test('an index that was closed holds no graph', async (t) => {
  const vectors = vectorsOf(SIZE);
  const index = await linkedIndex(vectors);
  index.close();
  index.put('doc_late', attributesOf('doc'), vectors[0] as Float32Array);
  const { hits, exhaustive } = await index.search(vectors[0] as Float32Array, 2, everybody, unfiltered, t.signal);
  assert.equal(exhaustive, true);
  assert.deepEqual(new Set(hits.map(({ id }) => id)), new Set(['doc_0', 'doc_late']));
});
