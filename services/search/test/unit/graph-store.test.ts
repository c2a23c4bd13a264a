import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryBackend } from '../../src/adapters/memory/memory-backend.ts';
import { edgesOf } from '../../src/domain/graph/edges.ts';
import { GraphStore } from '../../src/domain/graph/graph-store.ts';
import { walk } from '../../src/domain/graph/walk.ts';
import type { LegQuery, Projection, RecordAttributes, VersionedOp, Viewer } from '../../src/ports.ts';

const { signal } = new AbortController();
const LISTS = [['tenant'], ['user:ann'], ['user:bob', 'user:ann'], ['user:carol']];
const TYPES = ['CITES', 'OWNS', 'PART_OF'];

/** A seeded generator of whole numbers below a bound. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}

function attributesOf(kind: 'doc' | 'entity', acl: readonly string[]): RecordAttributes {
  return {
    kind,
    acl,
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
  };
}

/** A change of one of a few documents, entities and relationships, so that changes meet. */
function change(next: (below: number) => number, seq: number): VersionedOp {
  const tenantId = next(8) === 0 ? 'other' : 'default';
  const acl = LISTS[next(LISTS.length)] as readonly string[];
  const entity = (): string => `ent_${next(12)}`;
  const sort = next(3);
  const kinds = ['doc', 'entity', 'relationship'] as const;
  const kind = kinds[sort] as (typeof kinds)[number];
  const id = kind === 'doc' ? `doc_${next(30)}` : kind === 'entity' ? entity() : `rel_${next(25)}`;
  if (next(5) === 0) return { op: 'delete', tenantId, id, version: seq, seq, kind };
  const weight = (1 + next(4)) / 4;
  const record: Projection =
    kind === 'doc'
      ? {
          kind,
          title: `Title ${seq}`,
          text: '',
          attributes: attributesOf(kind, acl),
          mentions: Array.from({ length: next(4) }, () => ({ entityId: entity(), confidence: weight })),
          embedding: null,
        }
      : kind === 'entity'
        ? { kind, name: `Name ${seq}`, aliases: [], description: '', attributes: attributesOf(kind, acl) }
        : {
            kind,
            from: entity(),
            to: entity(),
            type: TYPES[next(TYPES.length)] as string,
            confidence: weight,
            acl,
          };
  return { op: 'upsert', tenantId, id, version: seq, seq, record };
}

function put(store: GraphStore, op: VersionedOp): void {
  const { tenantId, id } = op;
  const edges = edgesOf(op);
  if (op.op === 'delete')
    store.put(op.kind === 'relationship' ? { tenantId, id, edges } : { tenantId, id, node: null, edges });
  else if (op.record.kind === 'relationship') store.put({ tenantId, id, edges });
  else {
    const { record } = op;
    const name = record.kind === 'doc' ? record.title : record.name;
    store.put({ tenantId, id, node: { name, attributes: record.attributes }, edges });
  }
}

test('after any changes a walk in memory reaches what a walk over all records reaches, for every viewer', async () => {
  const next = numbers(7);
  const store = new GraphStore();
  const reference = new MemoryBackend({ kind: 'graph' });
  let compared = 0;
  for (let seq = 1; seq <= 900; seq += 1) {
    const op = change(next, seq);
    put(store, op);
    await reference.apply([op], seq);
    if (seq % 5 !== 0) continue;
    const viewer: Viewer = {
      tenantId: 'default',
      principals: [['tenant'], ['tenant', 'user:ann'], ['user:bob']][next(3)] as string[],
    };
    const graph: LegQuery['graph'] = {
      maxHops: 1 + next(3),
      fanout: 2 + next(20),
      edgeTypes: next(3) === 0 ? ['CITES', 'MENTIONS'] : null,
    };
    const seeds = [
      { id: `ent_${next(12)}`, weight: 1 },
      { id: `doc_${next(30)}`, weight: 0.5 },
    ];
    const view = store.viewOf(viewer, signal);
    const found = await walk(seeds, graph, view.expand(graph.edgeTypes), signal);
    const expected = await reference.query(
      {
        text: '',
        vector: null,
        seeds,
        graph,
        filter: { matches: null },
        limit: 1_000,
        facets: [],
        kinds: ['doc', 'entity'],
        scoreMin: null,
      },
      { viewer, signal, timeoutMs: 1_000 },
    );
    assert.deepEqual(
      found.reached.map(({ id, score }) => [id, score]),
      expected.hits.map(({ id, raw }) => [id, raw]),
      `after ${seq} changes`,
    );
    const described = await view.describe(found.reached.map(({ id }) => id));
    assert.deepEqual(
      [...described.values()].map(({ attributes }) => attributes),
      expected.hits.map(({ attributes }) => attributes),
    );
    compared += found.reached.length;
  }
  assert.ok(compared > 200, `only ${compared} nodes were reached in all`);
});

test('ids that come and go do not fill the memory', () => {
  const store = new GraphStore();
  const acl = ['tenant'];
  const grow = (from: number): void => {
    for (let i = from; i < from + 500; i += 1) {
      const record: Projection = {
        kind: 'doc',
        title: 'x',
        text: '',
        attributes: attributesOf('doc', acl),
        mentions: [{ entityId: `ent_${i}`, confidence: 0.5 }],
        embedding: null,
      };
      put(store, { op: 'upsert', tenantId: 'default', id: `doc_${i}`, version: 1, seq: i, record });
    }
    for (let i = from; i < from + 500; i += 1)
      put(store, { op: 'delete', tenantId: 'default', id: `doc_${i}`, version: 2, seq: i, kind: 'doc' });
  };
  grow(0);
  const before = store.bytes;
  for (let round = 1; round < 20; round += 1) grow(round * 500);
  assert.equal(store.bytes, before);
});

test('nobody waits for a walk that was aborted', async () => {
  const controller = new AbortController();
  const view = new GraphStore().viewOf({ tenantId: 'default', principals: [] }, controller.signal);
  controller.abort(new Error('gone'));
  await assert.rejects(view.describe(['doc_1']), /gone/);
});
