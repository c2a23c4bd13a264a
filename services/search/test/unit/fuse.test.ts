import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FusionOptions, fuse } from '../../src/domain/fusion/fuse.ts';
import type { LegHit, RecordAttributes } from '../../src/ports.ts';

const DAY_MS = 86_400_000;
const OPTIONS: FusionOptions = {
  method: 'convex',
  k: 60,
  freshness: null,
  foldContent: true,
  foldNames: false,
  titleKey: null,
  now: 100 * DAY_MS,
};

function hit(id: string, raw: number, attributes: Partial<RecordAttributes> = {}): LegHit {
  return {
    id,
    raw,
    attributes: {
      kind: 'doc',
      acl: ['tenant'],
      source: null,
      language: null,
      topics: [],
      mediaType: null,
      authors: [],
      entityType: null,
      fingerprint: null,
      nameKey: null,
      publishedAt: null,
      updatedAt: 0,
      createdAt: 0,
      ...attributes,
    },
  };
}

test('scores are the weighted means of normalized scores, and ties go by id', () => {
  const found = fuse(
    [
      { leg: 'keyword', weight: 3, hits: [hit('a', 9), hit('b', 5), hit('c', 1)] },
      { leg: 'vector', weight: 1, hits: [hit('c', 0.9), hit('d', 0.1)] },
      { leg: 'graph', weight: 6, hits: [] },
    ],
    [],
    OPTIONS,
  );
  assert.deepEqual(
    found.map(({ id, score }) => [id, score]),
    [
      ['a', 0.75],
      ['b', 0.375],
      ['c', 0.25],
      ['d', 0],
    ],
  );
  assert.deepEqual(found[2]?.sources, [
    { source: 'keyword', rank: 3, raw: 1, norm: 0, weight: 0.75 },
    { source: 'vector', rank: 1, raw: 0.9, norm: 1, weight: 0.25 },
  ]);
});

test('pins stand above all scores: ids, then names, then titles, each by score', () => {
  const titled = hit('titled', 1, { nameKey: 'solar storage' });
  const found = fuse(
    [{ leg: 'keyword', weight: 1, hits: [hit('best', 9), hit('named', 5), titled] }],
    [
      { ...hit('named', 0), pin: 'name' },
      { ...hit('exact', 0), pin: 'id' },
    ],
    { ...OPTIONS, titleKey: 'solar storage' },
  );
  assert.deepEqual(
    found.map(({ id, pinned }) => [id, pinned]),
    [
      ['exact', 'id'],
      ['named', 'name'],
      ['titled', 'title'],
      ['best', null],
    ],
  );
});

test('age lowers a score down to the floor, and the factor is told', () => {
  const found = fuse(
    [
      {
        leg: 'keyword',
        weight: 1,
        hits: [hit('old', 9, { publishedAt: 0 }), hit('new', 8, { publishedAt: 100 * DAY_MS }), hit('low', 0)],
      },
    ],
    [],
    { ...OPTIONS, freshness: { field: 'publishedAt', halfLifeDays: 1, floor: 0.5 } },
  );
  assert.deepEqual(
    found.map(({ id }) => id),
    ['new', 'old', 'low'],
  );
  const old = found[1];
  assert.ok(Math.abs((old?.score ?? 0) - 0.5) < 1e-9 && old?.boosts[0]?.factor === old?.score);
});

test('records of one content are folded into the best of them, which names them', () => {
  const [first, second] = fuse(
    [
      {
        leg: 'keyword',
        weight: 1,
        hits: [
          hit('a', 9, { fingerprint: 'f' }),
          hit('b', 8),
          hit('c', 7, { fingerprint: 'f' }),
          hit('d', 6, { fingerprint: 'f' }),
        ],
      },
    ],
    [],
    OPTIONS,
  );
  assert.deepEqual([first?.id, first?.duplicates, second?.id, second?.duplicates], ['a', ['c', 'd'], 'b', []]);
});
