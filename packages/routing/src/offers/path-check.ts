import { type CompactGraph, findEdge, indexOfNode } from '../graph/compact-graph.ts';
import { hasFlag, isTransit, NodeFlag } from '../link-state/advertisement.ts';
import { isPresent, type LinkStateDatabase } from '../link-state/database.ts';
import type { OfferConfig, OfferedRoute, OfferRefusal } from './route-offer.ts';

const SHARE_MAX = 256;

/** What is wrong with a route in itself, whatever the topology; undefined for nothing. */
export function faultOf(
  { destination, paths }: OfferedRoute,
  self: number,
  { hopsMax, pathsMax }: OfferConfig,
): OfferRefusal | undefined {
  if (destination === self) return 'malformed';
  if (paths.length > pathsMax) return 'too-many';
  for (const { segments, share } of paths) {
    if (!Number.isInteger(share) || share < 0 || share > SHARE_MAX) return 'malformed';
    if (segments.length > hopsMax) return 'too-long';
    const isStrict = new Set(segments).size === segments.length && !segments.includes(self);
    if (!isStrict || segments.at(-1) !== destination) return 'malformed';
  }
  return undefined;
}

/**
 * Whether the database, as it is now, has a path: both ends of each link advertise it, and relays relay. It is asked instead of
 * the graph, which is as old as the last computation.
 */
export function confirmPath(
  database: Pick<LinkStateDatabase, 'get'>,
  self: number,
  segments: readonly number[],
): OfferRefusal | undefined {
  let tail = database.get(self);
  for (const [index, id] of segments.entries()) {
    const head = database.get(id);
    if (tail === undefined || head === undefined || !isPresent(head)) return 'unconfirmed';
    const from = tail.advertisement.origin;
    const isTwoWay =
      tail.advertisement.links.some(({ peer }) => peer === id) &&
      head.advertisement.links.some(({ peer }) => peer === from);
    if (!isTwoWay) return 'unconfirmed';
    if (index + 1 < segments.length && !isTransit(head.advertisement.flags)) return 'no-transit';
    tail = head;
  }
  return undefined;
}

/** Whether one of the relays of a path asks for relief. */
export function isOverloaded(database: Pick<LinkStateDatabase, 'get'>, segments: readonly number[]): boolean {
  return segments.slice(0, -1).some((id) => hasFlag(database.get(id)?.advertisement.flags ?? 0, NodeFlag.OVERLOAD));
}

/** The edges of a path, or undefined when the graph lacks one. */
export function edgesOf(graph: CompactGraph, self: number, segments: readonly number[]): number[] | undefined {
  const edges: number[] = [];
  let tail = indexOfNode(graph, self);
  for (const id of segments) {
    const head = indexOfNode(graph, id);
    const edge = tail < 0 || head < 0 ? -1 : findEdge(graph, tail, head);
    if (edge < 0) return undefined;
    edges.push(edge);
    tail = head;
  }
  return edges;
}
