import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildGraph, type CompactGraph, findEdge } from '../../src/graph/compact-graph.ts';
import { disjointPair } from '../../src/graph/disjoint-pair.ts';
import { kShortestPaths } from '../../src/graph/k-shortest-paths.ts';
import { type GraphPath, nodesOfPath, SearchSpace } from '../../src/graph/search-space.ts';
import { computeReverseTree, computeTree, pathFromTree } from '../../src/graph/shortest-path-tree.ts';
import { allPaths, areDisjoint, bellmanFord } from '../support/brute-force.ts';
import { integerBetween, seededRandom } from '../support/random.ts';
import { randomTopology, type TopologyShape } from '../support/topologies.ts';

const LARGE_SEEDS = 60;
const SMALL_SEEDS = 400;

function largeShape(random: () => number): TopologyShape {
  const nodes = integerBetween(random, 10, 500);
  return {
    nodes,
    extraLinks: integerBetween(random, 0, nodes * 3),
    costMax: random() < 0.3 ? 3 : 1_000,
    leafRatio: random() < 0.5 ? 0 : 0.3,
  };
}

function smallShape(random: () => number): TopologyShape {
  const nodes = integerBetween(random, 2, 8);
  return {
    nodes,
    extraLinks: integerBetween(random, 0, nodes * 3),
    costMax: random() < 0.5 ? 3 : 50,
    leafRatio: random() < 0.5 ? 0 : 0.2,
  };
}

function assertIsPath(graph: CompactGraph, source: number, target: number, path: GraphPath, hint: string): void {
  const nodes = nodesOfPath(graph, source, path);
  assert.equal(nodes.at(-1), target, hint);
  assert.equal(new Set(nodes).size, nodes.length, `${hint}: a path visits a node once`);
  let cost = 0;
  for (let index = 0; index < path.edges.length; index += 1) {
    const edge = path.edges[index]!;
    assert.equal(edge, findEdge(graph, nodes[index]!, nodes[index + 1]!), hint);
    if (index > 0) assert.equal(graph.transit[nodes[index]!], 1, `${hint}: relays relay`);
    cost += graph.costs[edge]!;
  }
  assert.equal(path.cost, cost, hint);
}

test('the shortest path tree has the distances of Bellman and Ford, forwards and backwards', () => {
  for (let seed = 1; seed <= LARGE_SEEDS; seed += 1) {
    const random = seededRandom(seed);
    const graph = buildGraph(randomTopology(random, largeShape(random)));
    const space = new SearchSpace(graph);
    const root = integerBetween(random, 0, graph.nodeCount - 1);
    const tree = computeTree(space, root);
    assert.deepEqual(tree.distance, bellmanFord(graph, root), `seed ${seed}`);
    const target = integerBetween(random, 0, graph.nodeCount - 1);
    const path = pathFromTree(graph, tree, target);
    if (path) assertIsPath(graph, root, target, path, `seed ${seed}`);
    const reverse = computeReverseTree(space, target);
    const from = integerBetween(random, 0, graph.nodeCount - 1);
    assert.equal(reverse.distance[from], bellmanFord(graph, from)[target], `seed ${seed}: reverse`);
  }
});

test('the tree does not depend on the order in which nodes and links are given', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const random = seededRandom(seed);
    const topology = randomTopology(random, { ...largeShape(random), nodes: 40, costMax: 3 });
    const shuffled = topology.toReversed().map((node) => ({ ...node, links: node.links.toReversed() }));
    const [a, b] = [topology, shuffled].map((nodes) => computeTree(new SearchSpace(buildGraph(nodes)), 5));
    assert.deepEqual(a, b, `seed ${seed}`);
  }
});

test("Yen's paths are the cheapest of all loop-free paths, each once, within the limit", () => {
  let compared = 0;
  for (let seed = 1; seed <= SMALL_SEEDS; seed += 1) {
    const random = seededRandom(seed);
    const graph = buildGraph(randomTopology(random, smallShape(random)));
    const space = new SearchSpace(graph);
    const target = graph.nodeCount - 1;
    const tree = computeTree(space, 0);
    const reverse = computeReverseTree(space, target);
    const all = allPaths(graph, 0, target);
    const k = integerBetween(random, 1, 12);
    const costMax = random() < 0.5 ? Number.POSITIVE_INFINITY : (all[0]?.cost ?? 0) * 1.5;
    const found = kShortestPaths(space, tree, reverse.distance, target, { k, costMax });
    const expected = all.filter(({ cost }) => cost <= costMax).slice(0, k);
    assert.deepEqual(
      found.map(({ cost }) => cost),
      expected.map(({ cost }) => cost),
      `seed ${seed}`,
    );
    assert.equal(new Set(found.map(({ edges }) => edges.join())).size, found.length, `seed ${seed}: no repetition`);
    for (const path of found) assertIsPath(graph, 0, target, path, `seed ${seed}`);
    compared += found.length;
  }
  assert.ok(compared > SMALL_SEEDS, 'the sample has paths to compare');
});

for (const kind of ['node', 'link'] as const) {
  test(`the ${kind}-disjoint pair is disjoint, exists whenever one does, and has the least total cost`, () => {
    let pairs = 0;
    let traps = 0;
    for (let seed = 1; seed <= SMALL_SEEDS * 2; seed += 1) {
      const random = seededRandom(seed);
      const graph = buildGraph(randomTopology(random, smallShape(random)));
      const space = new SearchSpace(graph);
      const target = graph.nodeCount - 1;
      const all = allPaths(graph, 0, target);
      let best = Number.POSITIVE_INFINITY;
      for (const a of all) {
        for (const b of all) {
          if (a !== b && areDisjoint(graph, a, b, kind)) best = Math.min(best, a.cost + b.cost);
        }
      }
      const pair = disjointPair(space, computeTree(space, 0), target, kind);
      assert.equal(pair ? pair[0].cost + pair[1].cost : Number.POSITIVE_INFINITY, best, `seed ${seed}`);
      if (!pair) continue;
      pairs += 1;
      if (pair[0].cost > all[0]!.cost) traps += 1;
      for (const path of pair) assertIsPath(graph, 0, target, path, `seed ${seed}`);
      assert.ok(areDisjoint(graph, pair[0], pair[1], kind), `seed ${seed}`);
    }
    assert.ok(pairs > SMALL_SEEDS / 2, `the sample has pairs: ${pairs}`);
    assert.ok(traps > 0, 'the sample has topologies in which the shortest path is in the way of every pair');
  });
}

test('a link that only one end advertises carries nothing', () => {
  const node = (id: number, peers: number[]) => ({
    id,
    isTransit: true,
    region: 0,
    tenant: 0,
    links: peers.map((peer) => ({ peer, linkId: 1, cost: 1, latencyUs: 1, spareKbps: 1, riskGroups: [] })),
  });
  const graph = buildGraph([node(1, [2, 3]), node(2, [1]), node(3, [])]);
  assert.equal(graph.edgeCount, 2);
  const tree = computeTree(new SearchSpace(graph), 0);
  assert.deepEqual([...tree.distance], [0, 1, Number.POSITIVE_INFINITY]);
});
