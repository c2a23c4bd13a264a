import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildGraph } from '../../src/graph/compact-graph.ts';
import { hasLostLink } from '../../src/graph/lost-links.ts';

const link = (peer: number) => ({ peer, linkId: peer, cost: 1, latencyUs: 1, spareKbps: 1, riskGroups: [] });
const node = (id: number, ...peers: number[]) => ({
  id,
  isTransit: true,
  region: 0,
  tenant: 0,
  links: peers.map(link),
});

test('a link that the graph has and its origin no longer names is lost; one that the other end never confirmed is not', () => {
  const graph = buildGraph([node(1, 2, 3), node(2, 1), node(3)]);
  assert.equal(hasLostLink(graph, 1, new Set([2, 3])), false);
  assert.equal(hasLostLink(graph, 1, new Set([2])), false);
  assert.equal(hasLostLink(graph, 1, new Set([3])), true);
  assert.equal(hasLostLink(graph, 9, new Set()), false);
});
