import { type DisjointPaths, type Path, type Route, SEGMENTS_MAX } from '../forwarding/routes.ts';
import type { CompactGraph } from '../graph/compact-graph.ts';
import type { GraphPath } from '../graph/search-space.ts';
import { describePath } from './path-description.ts';
import type { PathIds } from './path-ids.ts';
import type { PathSet } from './path-set.ts';
import { trafficShares } from './traffic-shares.ts';

/** Turns path sets into routes with path ids; paths too long for a frame are left out. */
export class RouteBuilder {
  readonly #ids: PathIds;

  constructor(ids: PathIds) {
    this.#ids = ids;
  }

  /** Undefined when no path fits into a frame. */
  build(graph: CompactGraph, destination: number, set: PathSet): Route | undefined {
    const fitting = set.paths.filter(({ edges }) => edges.length <= SEGMENTS_MAX);
    const loaded = fitting.filter(({ cost }) => cost <= set.shareCostMax);
    const shares = trafficShares(graph, loaded);
    const paths = fitting.map((path): Path => {
      const described = describePath(graph, path, shares[loaded.indexOf(path)] ?? 0);
      return { id: this.#ids.take(described.segments), ...described };
    });
    return paths.length === 0 ? undefined : { destination, paths, disjoint: disjointPaths(set, fitting) };
  }

  /** To be called after the replacement of a route was built, so that paths in both keep their ids. */
  release(paths: readonly Path[]): void {
    for (const { segments } of paths) this.#ids.release(segments);
  }
}

function disjointPaths({ pair }: PathSet, paths: readonly GraphPath[]): DisjointPaths | undefined {
  if (!pair) return undefined;
  const keys = paths.map(({ edges }) => edges.join());
  const [first, second] = pair.paths.map(({ edges }) => keys.indexOf(edges.join()));
  return first === undefined || second === undefined || first < 0 || second < 0
    ? undefined
    : { kind: pair.kind, first, second };
}
