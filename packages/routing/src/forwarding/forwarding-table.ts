import { indexOfNode } from '../graph/compact-graph.ts';
import {
  type ForwardingChange,
  type Path,
  type PathTree,
  type RepairTable,
  type Route,
  segmentsFromTree,
} from './routes.ts';

/** The segments that a frame should carry from here, and whether a repair made them. */
export interface Forwarding {
  readonly segments: readonly number[];
  readonly pathId: number;
  readonly isRepair: boolean;
}

/** Path id of routes that no path set stands behind: the shortest path tree and repairs. */
export const TREE_PATH_ID = 0;

/**
 * What the data plane asks for every frame: no search, no promise, no clock. Fed by the router's changes, in the same
 * thread or in another one. A link that dies takes effect with one `neighbour` change; from then on every answer avoids
 * it by what was computed before.
 */
export class ForwardingTable {
  readonly #routes = new Map<number, Route>();
  readonly #repairs = new Map<number, RepairTable>();
  readonly #up = new Set<number>();
  #tree: PathTree | undefined;

  apply(change: ForwardingChange): void {
    switch (change.kind) {
      case 'tree':
        this.#tree = change.tree;
        break;
      case 'route':
        this.#routes.set(change.route.destination, change.route);
        break;
      case 'withdraw':
        this.#routes.delete(change.destination);
        break;
      case 'repairs':
        this.#repairs.set(change.table.neighbour, change.table);
        break;
      case 'no-repairs':
        this.#repairs.delete(change.neighbour);
        break;
      case 'neighbour':
        if (change.isUp) this.#up.add(change.neighbour);
        else this.#up.delete(change.neighbour);
        break;
    }
  }

  isUp(neighbour: number): boolean {
    return this.#up.has(neighbour);
  }

  /** The installed paths to a destination, or undefined while only the tree knows it. */
  route(destination: number): Route | undefined {
    return this.#routes.get(destination);
  }

  destinations(): number[] {
    const { nodeIds, parents } = this.#tree ?? { nodeIds: new Uint32Array(0), parents: new Int32Array(0) };
    return Array.from(nodeIds).filter((_, index) => parents[index]! >= 0);
  }

  /**
   * A route for a frame that starts here. Flows with the same hash stay on the same path; hashes spread over the paths by
   * their shares. Undefined when the destination is out of reach.
   * @param hash any u32 that is constant for the flow.
   */
  pathTo(destination: number, hash: number): Forwarding | undefined {
    const path = this.#choose(this.#routes.get(destination), hash);
    if (path) return { segments: path.segments, pathId: path.id, isRepair: false };
    const segments = segmentsTo(this.#tree, destination);
    const next = segments?.[0];
    if (!segments || next === undefined) return undefined;
    if (this.#up.has(next)) return { segments, pathId: TREE_PATH_ID, isRepair: false };
    return this.detour(next, destination);
  }

  /**
   * A new route for a frame whose next segment `next` cannot be reached from here. The caller marks the frame: a frame
   * that was repaired once waits for the next computation instead of being repaired again, so two repairs never play
   * ping-pong.
   */
  detour(next: number, destination: number): Forwarding | undefined {
    const table = this.#repairs.get(next);
    for (const tree of table ? [table.withoutNode, table.withoutLink] : [this.#tree]) {
      const segments = segmentsTo(tree, destination);
      const first = segments?.[0];
      if (segments && first !== undefined && this.#up.has(first)) {
        return { segments, pathId: TREE_PATH_ID, isRepair: true };
      }
    }
    return undefined;
  }

  /** The neighbour to hand an unrouted frame to when `next` is dead (RFC 5286), or undefined. */
  alternate(next: number, destination: number): number | undefined {
    const table = this.#repairs.get(next);
    if (!table) return undefined;
    const alternate = table.alternates[indexOfNode(table.withoutNode, destination)] ?? -1;
    const neighbour = alternate < 0 ? undefined : table.withoutNode.nodeIds[alternate]!;
    return neighbour !== undefined && this.#up.has(neighbour) ? neighbour : undefined;
  }

  #choose(route: Route | undefined, hash: number): Path | undefined {
    if (!route) return undefined;
    const usable = route.paths.filter(({ segments }) => this.#up.has(segments[0]!));
    let total = 0;
    for (const { share } of usable) total += share;
    if (total === 0) return usable[0];
    let point = (Math.imul(hash, 0x9e37_79b1) >>> 0) % total;
    for (const path of usable) {
      if (point < path.share) return path;
      point -= path.share;
    }
    return usable[0];
  }
}

function segmentsTo(tree: PathTree | undefined, destination: number): number[] | undefined {
  if (!tree) return undefined;
  const target = indexOfNode(tree, destination);
  return target < 0 ? undefined : segmentsFromTree(tree, target);
}
