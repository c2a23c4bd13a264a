import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildGraph,
  type CompactGraph,
  findEdge,
  type GraphNode,
  indexOfNode,
} from '../../../src/graph/compact-graph.ts';
import type { GraphPath } from '../../../src/graph/search-space.ts';
import { SHARES_TOTAL, trafficShares } from '../../../src/paths/traffic-shares.ts';
import { integerBetween, seededRandom } from '../../support/random.ts';

function graphOf(links: readonly (readonly [number, number, number])[]): CompactGraph {
  const nodes = new Map<number, GraphNode & { links: GraphNode['links'][number][] }>();
  for (const [a, b, spareKbps] of links) {
    for (const [id, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      const node = nodes.get(id) ?? { id, isTransit: true, region: 0, tenant: 0, links: [] };
      node.links.push({ peer, linkId: peer, cost: 1, latencyUs: 1, spareKbps, riskGroups: [] });
      nodes.set(id, node);
    }
  }
  return buildGraph([...nodes.values()]);
}

function pathOf(graph: CompactGraph, ids: readonly number[]): GraphPath {
  const edges: number[] = [];
  for (let hop = 1; hop < ids.length; hop += 1) {
    edges.push(findEdge(graph, indexOfNode(graph, ids[hop - 1]!), indexOfNode(graph, ids[hop]!)));
  }
  return { edges, cost: edges.length };
}

test('paths without a common link get traffic in proportion to their narrowest links', () => {
  const graph = graphOf([
    [1, 2, 300],
    [2, 4, 9_999],
    [1, 3, 100],
    [3, 4, 5_000],
  ]);
  assert.deepEqual(trafficShares(graph, [pathOf(graph, [1, 2, 4]), pathOf(graph, [1, 3, 4])]), [192, 64]);
});

test('paths through a common bottleneck share it instead of counting it twice', () => {
  const graph = graphOf([
    [1, 2, 200],
    [2, 3, 900],
    [2, 4, 900],
    [3, 5, 900],
    [4, 5, 900],
    [1, 6, 200],
    [6, 5, 900],
  ]);
  const paths = [
    [1, 2, 3, 5],
    [1, 2, 4, 5],
    [1, 6, 5],
  ].map((ids) => pathOf(graph, ids));
  assert.deepEqual(trafficShares(graph, paths), [64, 64, 128]);
});

test('no spare bandwidth anywhere is split evenly, one path gets all, no path nothing', () => {
  const graph = graphOf([
    [1, 2, 0],
    [2, 4, 0],
    [1, 3, 0],
    [3, 4, 0],
  ]);
  const paths = [pathOf(graph, [1, 2, 4]), pathOf(graph, [1, 3, 4])];
  assert.deepEqual(trafficShares(graph, paths), [128, 128]);
  assert.deepEqual(trafficShares(graph, paths.slice(0, 1)), [256]);
  assert.deepEqual(trafficShares(graph, []), []);
});

test('shares always add up, and every path gets one', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = seededRandom(seed);
    const relays = Array.from({ length: integerBetween(random, 1, 8) }, (_, index) => index + 10);
    const width = (): number => integerBetween(random, 0, 10 ** integerBetween(random, 0, 7));
    const graph = graphOf(
      relays.flatMap(
        (relay) =>
          [
            [1, relay, width()],
            [relay, 2, width()],
          ] as const,
      ),
    );
    const shares = trafficShares(
      graph,
      relays.map((relay) => pathOf(graph, [1, relay, 2])),
    );
    assert.equal(
      shares.reduce((sum, share) => sum + share, 0),
      SHARES_TOTAL,
      `seed ${seed}`,
    );
    assert.ok(
      shares.every((share) => share >= 1),
      `seed ${seed}`,
    );
  }
});
