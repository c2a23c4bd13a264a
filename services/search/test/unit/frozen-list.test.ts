import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FrozenList, type ListedHit, packList, unpackList } from '../../src/orchestrator/frozen-list.ts';

const HEAD = {
  facets: {},
  total: { value: 3, relation: 'gte', source: 'window' },
  degraded: false,
  sources: {
    keyword: { status: 'ok' },
    vector: { status: 'ok' },
    graph: { status: 'ok' },
    time: { status: 'skipped', reason: 'not_applicable' },
  },
  coverage: { weightAnswered: 1, weightRequested: 1 },
  warnings: ['ünïcode'],
} as const satisfies FrozenList['head'];

const PLAIN: ListedHit = {
  id: 'doc_1',
  score: 0.875,
  pinned: null,
  boosts: [],
  duplicates: [],
  sources: [
    { source: 'keyword', rank: 1, raw: 17.25, norm: 1, weight: 0.75 },
    { source: 'vector', rank: 1_000, raw: 0.5, norm: 0.25, weight: 0.25 },
  ],
};
const RICH: ListedHit = {
  id: 'ent_2',
  score: 0.123457,
  pinned: 'name',
  boosts: [{ name: 'freshness', factor: 0.75 }],
  duplicates: ['doc_7', 'doc_9'],
  sources: [
    { source: 'keyword', rank: 2, raw: 1.5, norm: 0.5, weight: 0.75 },
    { source: 'graph', rank: 3, raw: 0.4, norm: 0.3, weight: 0.5, path: ['ent_1', 'CITES', 'ent_2'], why: { hops: 1 } },
  ],
};
const PINNED: ListedHit = { ...PLAIN, id: 'doc_3', pinned: 'id', score: 0, sources: [] };

test('a list is the same after packing', () => {
  const list: FrozenList = { hits: [RICH, PLAIN, PINNED], head: HEAD, window: 200, isExhausted: true };
  const same: FrozenList = { ...list, hits: list.hits };
  assert.deepEqual(unpackList(packList(list)), same);
});

test('an empty list is the same after packing', () => {
  const list: FrozenList = { hits: [], head: HEAD, window: 10, isExhausted: false };
  assert.deepEqual(unpackList(packList(list)), list);
});

test('a hit of two sources takes less than 80 bytes', () => {
  const list = (count: number): FrozenList => ({
    hits: Array.from({ length: count }, (_, i) => ({ ...PLAIN, id: `doc_01JABCDEFGHJKMNPQRSTV${1000 + i}` })),
    head: HEAD,
    window: 200,
    isExhausted: false,
  });
  assert.ok((packList(list(1_000)).length - packList(list(100)).length) / 900 < 80);
});
