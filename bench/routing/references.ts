import type { GraphNode } from '@peermesh/routing';
import graphlib from 'graphlib';
import { DirectedGraph } from 'graphology';
import { dijkstra } from 'graphology-shortest-path';
import library from 'k-shortest-path';

/** The libraries that the own code is measured against, on the same topology. */
export interface References {
  /** The costs from one node to all others, by graphology's Dijkstra. */
  readonly tree: (source: number) => Map<number, number>;
  /** The costs of the k cheapest paths, by k-shortest-path. */
  readonly kPaths: (source: number, destination: number, k: number) => readonly number[];
}

export function buildReferences(nodes: readonly GraphNode[]): References {
  const graph = new DirectedGraph<Record<string, never>, { cost: number }>();
  const other = new graphlib.Graph();
  for (const { id } of nodes) {
    graph.addNode(id);
    other.setNode(String(id));
  }
  for (const { id, links } of nodes) {
    for (const { peer, cost } of links) {
      graph.addDirectedEdge(id, peer, { cost });
      other.setEdge(String(id), String(peer), cost);
    }
  }
  const costs = new Map(nodes.map(({ id, links }) => [id, new Map(links.map(({ peer, cost }) => [peer, cost]))]));
  const costOf = (path: readonly string[]): number =>
    path
      .slice(1)
      .reduce((sum, head, index) => sum + (costs.get(Number(path[index]))?.get(Number(head)) ?? Number.NaN), 0);
  return {
    tree: (source) => {
      const paths = dijkstra.singleSource(graph, String(source), 'cost');
      return new Map(Object.entries(paths).map(([id, path]) => [Number(id), costOf(path)]));
    },
    kPaths: (source, destination, k) =>
      library
        .ksp(other, String(source), String(destination), k, (edge) => other.edge(edge))
        .map(({ totalCost }) => totalCost),
  };
}
