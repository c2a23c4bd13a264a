import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ForwardingTable } from '../../../src/forwarding/forwarding-table.ts';
import type { ForwardingChange, Route } from '../../../src/forwarding/routes.ts';
import { buildGraph, type GraphNode } from '../../../src/graph/compact-graph.ts';
import { PathComputer } from '../../../src/paths/path-computer.ts';
import { seededRandom } from '../../support/random.ts';
import { randomTopology } from '../../support/topologies.ts';

const CONFIG = { k: 4, stretchMax: 1.5 };
const EVERYTHING = 10_000;

/** Links as `[a, b, cost]`; both directions cost the same. */
function topology(...links: readonly (readonly [number, number, number])[]): GraphNode[] {
  const nodes = new Map<number, GraphNode['links'][number][]>();
  for (const [a, b, cost] of links) {
    for (const [id, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      const own = nodes.get(id) ?? [];
      own.push({ peer, linkId: peer, cost, latencyUs: cost * 10, spareKbps: 1_000, riskGroups: [] });
      nodes.set(id, own);
    }
  }
  return [...nodes].map(([id, own]) => ({ id, isTransit: true, region: 0, tenant: 0, links: own }));
}

function routesOf(changes: readonly ForwardingChange[]): Route[] {
  return changes.flatMap((change) => (change.kind === 'route' ? [change.route] : []));
}

function computed(nodes: readonly GraphNode[], self = 1): { computer: PathComputer; table: ForwardingTable } {
  const computer = new PathComputer(self, CONFIG);
  const table = new ForwardingTable();
  computer.update(buildGraph(nodes));
  computer.work(EVERYTHING);
  for (const change of computer.takeChanges()) table.apply(change);
  return { computer, table };
}

const SQUARE = topology([1, 2, 1], [2, 4, 1], [1, 3, 2], [3, 4, 2], [1, 5, 30], [5, 4, 30]);

test('a route has the primary, the disjoint backup and shares that leave the dear backup out', () => {
  const route = computed(SQUARE).table.route(4)!;
  assert.deepEqual(
    route.paths.map(({ segments, cost }) => [segments, cost]),
    [
      [[2, 4], 2],
      [[3, 4], 4],
    ],
  );
  assert.deepEqual(route.disjoint, { kind: 'node', first: 0, second: 1 });
  assert.deepEqual(
    route.paths.map(({ share }) => share),
    [256, 0],
    'a stretch of 2 is for backup',
  );
  assert.equal(route.paths[0]?.latencyUs, 20);
  assert.equal(route.paths[0]?.spareKbps, 1_000);
});

test('a change that cannot alter paths recomputes nothing', () => {
  const { computer } = computed(SQUARE);
  const before = computer.counters;
  computer.update(buildGraph(topology([1, 2, 1], [2, 4, 1], [1, 3, 2], [3, 4, 2], [1, 5, 30], [5, 4, 40])));
  assert.equal(computer.counters.pathSetsKept - before.pathSetsKept, 3, 'to 2, 3 and 4');
  computer.work(EVERYTHING);
  assert.equal(computer.counters.pathSets - before.pathSets, 1, 'to 5 only, whose second way became dearer');
  assert.deepEqual(
    routesOf(computer.takeChanges()).map(({ destination }) => destination),
    [5],
  );
});

test('a path keeps its id for as long as its segments are in use', () => {
  const { computer, table } = computed(SQUARE);
  const ids = (): Map<string, number> =>
    new Map(table.route(4)!.paths.map(({ segments, id }) => [segments.join(), id]));
  const before = ids();
  computer.update(buildGraph(topology([1, 2, 5], [2, 4, 1], [1, 3, 2], [3, 4, 2], [1, 5, 30], [5, 4, 30])));
  computer.work(EVERYTHING);
  for (const change of computer.takeChanges()) table.apply(change);
  assert.deepEqual(table.route(4)!.paths[0]?.segments, [3, 4]);
  assert.equal(ids().get('2,4'), before.get('2,4'));
  assert.equal(ids().get('3,4'), before.get('3,4'));
});

test('until a route is computed anew only its living paths serve', () => {
  const { computer, table } = computed(SQUARE);
  computer.update(buildGraph(topology([1, 2, 1], [1, 3, 2], [3, 4, 2], [1, 5, 30], [5, 4, 30])));
  for (const change of computer.takeChanges()) table.apply(change);
  assert.deepEqual(
    table.route(4)!.paths.map(({ segments }) => segments),
    [[3, 4]],
  );
  computer.update(buildGraph(topology([1, 2, 1], [1, 3, 2], [1, 5, 30])));
  for (const change of computer.takeChanges()) table.apply(change);
  assert.equal(table.route(4), undefined);
});

test('work comes in slices, repairs first', () => {
  const nodes = randomTopology(seededRandom(3), { nodes: 60, extraLinks: 90, costMax: 50, leafRatio: 0 });
  const self = nodes[7]!;
  const computer = new PathComputer(self.id, CONFIG);
  computer.update(buildGraph(nodes));
  const kinds: string[] = [];
  for (let slice = 0; computer.isBusy; slice += 1) {
    computer.work(5);
    const changes = computer.takeChanges().filter(({ kind }) => kind !== 'tree');
    assert.ok(changes.length <= 5, `${slice}`);
    kinds.push(...changes.map(({ kind }) => kind));
  }
  const neighbours = new Set(self.links.map(({ peer }) => peer)).size;
  assert.deepEqual(
    kinds.slice(0, neighbours),
    Array.from({ length: neighbours }, () => 'repairs'),
  );
  assert.deepEqual(
    kinds.slice(neighbours),
    Array.from({ length: 59 }, () => 'route'),
  );
});

test('a node that nobody knows, itself included, has no paths', () => {
  const { computer, table } = computed(SQUARE, 99);
  assert.deepEqual(table.destinations(), []);
  assert.equal(computer.isReachable(4), false);
  computer.update(buildGraph([]));
  computer.work(EVERYTHING);
  assert.deepEqual(computer.takeChanges(), []);
});
