import type { Disjointness } from '../graph/disjoint-pair.ts';

/** A path as frames carry it. */
export interface Path {
  /** Stays the same as long as the segments do. Unique on the node that computed it. */
  readonly id: number;
  /** Every node after the source up to and including the destination: a strict route cannot loop. */
  readonly segments: readonly number[];
  readonly cost: number;
  /** Sum of the round-trip times of its links, µs. */
  readonly latencyUs: number;
  /** The narrowest link, kbit/s. */
  readonly spareKbps: number;
  /** Of 256 parts of the traffic to the destination; 0 is for backup only. */
  readonly share: number;
}

export interface DisjointPaths {
  readonly kind: Disjointness;
  /** Indexes into the paths of the route. */
  readonly first: number;
  readonly second: number;
}

/** All paths to one destination, cheapest first. */
export interface Route {
  readonly destination: number;
  readonly paths: readonly Path[];
  readonly disjoint: DisjointPaths | undefined;
}

/** A shortest path tree in a form that crosses thread borders. */
export interface PathTree {
  readonly nodeIds: Uint32Array;
  /** Index of the root. */
  readonly root: number;
  /** Index of each node's parent, -1 where there is none. */
  readonly parents: Int32Array;
}

/** What to do for each destination when the link to one neighbour is dead. */
export interface RepairTable {
  readonly neighbour: number;
  /** The paths that also avoid the neighbour itself: it may be what died. */
  readonly withoutNode: PathTree;
  /** The paths that avoid only the link: for the neighbour itself and for what lies behind it alone. */
  readonly withoutLink: PathTree;
  /** Index of the loop-free alternate per destination, -1 where there is none. */
  readonly alternates: Int32Array;
}

/** A change of the forwarding table; plain data, to be applied in order. */
export type ForwardingChange =
  | { readonly kind: 'tree'; readonly tree: PathTree }
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'withdraw'; readonly destination: number }
  | { readonly kind: 'repairs'; readonly table: RepairTable }
  | { readonly kind: 'no-repairs'; readonly neighbour: number }
  | { readonly kind: 'neighbour'; readonly neighbour: number; readonly isUp: boolean };

/** Hops in a path: the count of segments is one byte on the wire. */
export const SEGMENTS_MAX = 255;

/** The strict route from the root, or undefined when there is none that fits into a frame. */
export function segmentsFromTree(tree: PathTree, target: number): number[] | undefined {
  const { root, parents, nodeIds } = tree;
  const segments: number[] = [];
  for (let node = target; node !== root; node = parents[node]!) {
    if (parents[node]! < 0 || segments.length >= SEGMENTS_MAX) return undefined;
    segments.push(nodeIds[node]!);
  }
  return segments.reverse();
}
