import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ForwardingTable, TREE_PATH_ID } from '../../../src/forwarding/forwarding-table.ts';
import { type Path, SEGMENTS_MAX, segmentsFromTree } from '../../../src/forwarding/routes.ts';

const path = (id: number, segments: number[], share: number): Path => ({
  id,
  segments,
  cost: id,
  latencyUs: 1,
  spareKbps: 1,
  share,
});

/** Node 10 with neighbours 20 and 30, and 40 behind both. */
function newTable(): ForwardingTable {
  const table = new ForwardingTable();
  const nodeIds = Uint32Array.of(10, 20, 30, 40);
  const tree = (...parents: number[]) => ({ nodeIds, root: 0, parents: Int32Array.from(parents) });
  table.apply({ kind: 'tree', tree: tree(-1, 0, 0, 1) });
  const repairs = { withoutNode: tree(-1, -1, 0, 2), withoutLink: tree(-1, 3, 0, 2) };
  table.apply({ kind: 'repairs', table: { neighbour: 20, ...repairs, alternates: Int32Array.of(-1, -1, 2, 2) } });
  for (const neighbour of [20, 30]) table.apply({ kind: 'neighbour', neighbour, isUp: true });
  return table;
}

test('without a path set the tree names every hop', () => {
  assert.deepEqual(newTable().pathTo(40, 1), { segments: [20, 40], pathId: TREE_PATH_ID, isRepair: false });
  assert.equal(newTable().pathTo(99, 1), undefined);
});

test('when a neighbour dies one change is enough: repairs avoid the node, or for itself only the link', () => {
  const table = newTable();
  table.apply({ kind: 'neighbour', neighbour: 20, isUp: false });
  assert.deepEqual(table.pathTo(40, 1), { segments: [30, 40], pathId: TREE_PATH_ID, isRepair: true });
  assert.deepEqual(table.detour(20, 20)?.segments, [30, 40, 20]);
  assert.equal(table.alternate(20, 40), 30);
  assert.equal(table.alternate(20, 20), undefined);
  table.apply({ kind: 'neighbour', neighbour: 30, isUp: false });
  assert.equal(table.pathTo(40, 1), undefined, 'a repair over a dead neighbour is none');
  assert.equal(table.alternate(20, 40), undefined);
});

test('a frame whose next hop is no neighbour any more follows the computed tree', () => {
  const table = newTable();
  table.apply({ kind: 'no-repairs', neighbour: 20 });
  table.apply({ kind: 'neighbour', neighbour: 20, isUp: false });
  const nodeIds = Uint32Array.of(10, 20, 30, 40);
  table.apply({ kind: 'tree', tree: { nodeIds, root: 0, parents: Int32Array.of(-1, 3, 0, 2) } });
  assert.deepEqual(table.detour(20, 40)?.segments, [30, 40]);
});

test('flows spread over paths by their shares, a flow stays on its path, and dead paths get nothing', () => {
  const table = newTable();
  const paths = [path(1, [20, 40], 192), path(2, [30, 40], 64), path(3, [30, 20, 40], 0)];
  table.apply({ kind: 'route', route: { destination: 40, paths, disjoint: undefined } });
  const counts = new Map<number, number>();
  for (let hash = 0; hash < 10_000; hash += 1) {
    const { pathId } = table.pathTo(40, hash)!;
    assert.equal(table.pathTo(40, hash)?.pathId, pathId);
    counts.set(pathId, (counts.get(pathId) ?? 0) + 1);
  }
  assert.ok(Math.abs(counts.get(1)! - 7_500) < 300, `${counts.get(1)}`);
  assert.equal(counts.get(3), undefined);
  table.apply({ kind: 'neighbour', neighbour: 20, isUp: false });
  for (let hash = 0; hash < 100; hash += 1) assert.equal(table.pathTo(40, hash)?.pathId, 2);
  table.apply({ kind: 'withdraw', destination: 40 });
  assert.equal(table.pathTo(40, 1)?.isRepair, true);
});

test('a backup without a share carries traffic when nothing else is left', () => {
  const table = newTable();
  const paths = [path(1, [20, 40], 256), path(2, [30, 40], 0)];
  table.apply({ kind: 'route', route: { destination: 40, paths, disjoint: undefined } });
  table.apply({ kind: 'neighbour', neighbour: 20, isUp: false });
  assert.deepEqual(table.pathTo(40, 1), { segments: [30, 40], pathId: 2, isRepair: false });
});

test('a way of more hops than a frame can name is no way', () => {
  const count = SEGMENTS_MAX + 2;
  const nodeIds = Uint32Array.from({ length: count }, (_, index) => index);
  const tree = { nodeIds, root: 0, parents: Int32Array.from({ length: count }, (_, index) => index - 1) };
  assert.equal(segmentsFromTree(tree, SEGMENTS_MAX)?.length, SEGMENTS_MAX);
  assert.equal(segmentsFromTree(tree, SEGMENTS_MAX + 1), undefined);
});
