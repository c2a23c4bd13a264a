import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_COST_WEIGHTS } from '../../../src/cost.ts';
import { buildGraph, type CompactGraph } from '../../../src/graph/compact-graph.ts';
import { withDraining } from '../../../src/graph/last-resort.ts';
import { SearchSpace } from '../../../src/graph/search-space.ts';
import { computeTree, pathFromTree } from '../../../src/graph/shortest-path-tree.ts';
import { type Advertisement, NodeFlag } from '../../../src/link-state/advertisement.ts';
import { TopologyBuilder } from '../../../src/link-state/topology.ts';
import { advertisedLink, advertisement } from '../../support/advertisements.ts';
import { bellmanFord } from '../../support/brute-force.ts';
import { integerBetween, seededRandom } from '../../support/random.ts';
import { randomTopology } from '../../support/topologies.ts';

const { RELAY, DRAIN, OVERLOAD } = NodeFlag;

function build(nodes: readonly Advertisement[]): CompactGraph {
  return new TopologyBuilder(DEFAULT_COST_WEIGHTS).build(
    nodes.map((node) => ({ advertisement: node, bytes: new Uint8Array(0) })),
  );
}

/** Node ids from the first to the last, or undefined when there is no way. */
function way(graph: CompactGraph, from: number, to: number): number[] | undefined {
  const root = graph.nodeIds.indexOf(from);
  const tree = computeTree(new SearchSpace(graph), root);
  const path = pathFromTree(graph, tree, graph.nodeIds.indexOf(to));
  return path && [from, ...path.edges.map((edge) => graph.nodeIds[graph.targets[edge]!]!)];
}

function node(origin: number, peers: readonly number[], flags: number = RELAY, latencyUs = 10_000): Advertisement {
  return advertisement(origin, { flags, links: peers.map((peer) => advertisedLink(peer, { latencyUs })) });
}

test('a node that drains carries nothing where there is another way, however long', () => {
  const graph = build([
    node(1, [2, 3]),
    node(2, [1, 5], RELAY | DRAIN),
    node(3, [1, 4], RELAY, 900_000),
    node(4, [3, 5]),
    node(5, [2, 4]),
  ]);
  assert.deepEqual(way(graph, 1, 5), [1, 3, 4, 5]);
  assert.deepEqual([...graph.transit], [1, 0, 1, 1, 1]);
});

test('nodes that drain keep the mesh whole where nobody else does', () => {
  const star = [node(1, [9]), node(2, [9]), node(3, [9])];
  assert.deepEqual(way(build([...star, node(9, [1, 2, 3], RELAY | DRAIN)]), 1, 3), [1, 9, 3]);

  const loneLeaf = [node(1, [2, 9]), node(2, [1, 9]), node(3, [9], 0), node(9, [1, 2, 3], RELAY | DRAIN)];
  assert.deepEqual(way(build(loneLeaf), 1, 3), [1, 9, 3], 'to a leaf that is only on it');
  assert.deepEqual(way(build(loneLeaf), 1, 2), [1, 2], 'the others go on without it');
});

test('of last resorts an overloaded node comes before one that drains', () => {
  const twoWays = (a: number, b: number): Advertisement[] => [
    node(1, [5, 6]),
    node(2, [5, 6]),
    node(5, [1, 2], a),
    node(6, [1, 2], b),
    // Only this one needs the node that drains.
    node(7, [5]),
    { ...node(5, [1, 2, 7], a) },
  ];
  assert.deepEqual(way(build(twoWays(RELAY | DRAIN, RELAY | OVERLOAD).toSpliced(2, 1)), 1, 2), [1, 6, 2]);
});

test('what carries nothing anyway is no last resort', () => {
  assert.equal(way(build([node(1, [9]), node(2, [9]), node(9, [1, 2], DRAIN)]), 1, 2), undefined);
});

test('the longest path over last resorts still costs an exact number', () => {
  const origins = Array.from({ length: 256 }, (_, index) => index + 1);
  const chain = origins.map((id) =>
    advertisement(id, {
      flags: RELAY | DRAIN | OVERLOAD,
      links: [id - 1, id + 1]
        .filter((peer) => origins.includes(peer))
        .map((peer) => advertisedLink(peer, { latencyUs: 0xffff_ffff, lossPpm: 999_999 })),
    }),
  );
  const graph = build(chain);
  const tree = computeTree(new SearchSpace(graph), 0);
  const cost = tree.distance[255]!;
  assert.ok(Number.isSafeInteger(cost));
  assert.equal(cost, 255 * graph.costs[0]!);
  assert.ok(graph.costs[0]! <= 0xffff_ffff, 'what one link costs fits the contract');
});

test('whether a mesh is whole without some of its relays is what brute force finds', () => {
  let apart = 0;
  for (let seed = 1; seed <= 400; seed += 1) {
    const random = seededRandom(seed);
    const nodes = integerBetween(random, 1, 14);
    const shape = {
      nodes,
      extraLinks: integerBetween(random, 0, 14),
      costMax: 50,
      leafRatio: random() < 0.5 ? 0 : 0.3,
    };
    const relays = buildGraph(randomTopology(random, shape));
    const spared = relays.transit.map((carries) => (carries === 1 && random() < 0.3 ? 1 : 0));
    const transit = relays.transit.map((carries, index) => (spared[index] === 1 ? 0 : carries));
    const graph = { ...relays, transit };
    const lost = partedPairs(relays, graph);
    if (lost > 0) apart += 1;
    const settled = withDraining(graph, spared);
    assert.equal(partedPairs(relays, settled), 0, `seed ${seed}`);
    assert.equal(settled.lastResort === undefined, settled.costs === graph.costs, `seed ${seed}`);
    if (lost > 0) assert.ok(settled.lastResort, `seed ${seed}`);
  }
  assert.ok(apart > 50 && apart < 350, `${apart} of 400 fall apart`);
});

/** Pairs that are in reach in one graph and not in the other. */
function partedPairs(one: CompactGraph, other: CompactGraph): number {
  let parted = 0;
  for (let root = 0; root < one.nodeCount; root += 1) {
    const [before, after] = [bellmanFord(one, root), bellmanFord(other, root)];
    for (let to = 0; to < one.nodeCount; to += 1) if (before[to] !== Infinity && after[to] === Infinity) parted += 1;
  }
  return parted;
}
