import type { ForwardingChange, Route } from '../forwarding/routes.ts';
import { type CompactGraph, findEdge, indexOfNode } from '../graph/compact-graph.ts';
import { SearchSpace } from '../graph/search-space.ts';
import { computeTree, type ShortestPathTree } from '../graph/shortest-path-tree.ts';
import { compareGraphs, isUnchanged, type TopologyChange } from '../graph/topology-change.ts';
import { PathIds } from './path-ids.ts';
import { carryPathSet, computePathSet, type PathSet, type PathSetConfig } from './path-set.ts';
import { portableTree, repairTable, treeWithoutLink, treeWithoutNode } from './repairs.ts';
import { RouteBuilder } from './route-builder.ts';
import { TreeStore } from './tree-store.ts';

const OWN = 'own';

/** How much was computed and how much could be kept, since the start. */
export interface PathComputerCounters {
  readonly trees: number;
  readonly pathSets: number;
  readonly pathSetsKept: number;
}

/**
 * The paths of one node to all others. `update` brings the shortest path tree at once and names what else is stale;
 * `work` recomputes that in slices, repairs first, so that a large mesh does not stall the thread. Nothing that a change
 * cannot alter is recomputed.
 */
export class PathComputer {
  readonly #self: number;
  readonly #config: PathSetConfig;
  readonly #trees = new TreeStore();
  readonly #sets = new Map<number, PathSet>();
  readonly #routes = new Map<number, Route>();
  readonly #builder: RouteBuilder;
  readonly #dirtyRoutes = new Set<number>();
  readonly #dirtyRepairs = new Set<number>();
  readonly #repaired = new Set<number>();
  #space: SearchSpace | undefined;
  #changes: ForwardingChange[] = [];
  #pathSets = 0;
  #pathSetsKept = 0;

  /** @param ids numbers of paths, shared with whatever else installs paths on this node. */
  constructor(self: number, config: PathSetConfig, ids = new PathIds()) {
    this.#self = self;
    this.#builder = new RouteBuilder(ids);
    this.#config = config;
  }

  get graph(): CompactGraph | undefined {
    return this.#space?.graph;
  }

  get counters(): PathComputerCounters {
    return { trees: this.#trees.searches, pathSets: this.#pathSets, pathSetsKept: this.#pathSetsKept };
  }

  /** Whether {@link PathComputer.work} has something to do. */
  get isBusy(): boolean {
    return this.#dirtyRoutes.size > 0 || this.#dirtyRepairs.size > 0;
  }

  isReachable(id: number): boolean {
    const space = this.#space;
    const target = space ? indexOfNode(space.graph, id) : -1;
    return space !== undefined && target >= 0 && Number.isFinite(this.#ownTree(space).distance[target]!);
  }

  update(graph: CompactGraph): void {
    const before = this.#space?.graph;
    const change = before && compareGraphs(before, graph);
    if (change && isUnchanged(change)) return;
    const space = new SearchSpace(graph);
    this.#space = space;
    const gone = this.#trees.update(change);
    if (indexOfNode(graph, this.#self) < 0) {
      this.#forgetAll();
      return;
    }
    const tree = this.#ownTree(space);
    if (!change || gone.has(OWN)) this.#changes.push({ kind: 'tree', tree: portableTree(graph, tree) });
    this.#markRepairs(graph, gone, change);
    this.#markRoutes(graph, tree, change);
  }

  /** Computes the repairs of up to `itemsMax` neighbours, then path sets for what is left of that number. */
  work(itemsMax: number): void {
    const space = this.#space;
    if (!space) return;
    const neighbours = take(this.#dirtyRepairs, itemsMax);
    for (const neighbour of neighbours) this.#computeRepairs(space, neighbour);
    const destinations = take(this.#dirtyRoutes, itemsMax - neighbours.length);
    for (const destination of destinations) this.#computeRoute(space, destination);
  }

  takeChanges(): ForwardingChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  #ownTree(space: SearchSpace): ShortestPathTree {
    return this.#trees.get(space, OWN, () => computeTree(space, indexOfNode(space.graph, this.#self)));
  }

  #markRepairs(graph: CompactGraph, gone: ReadonlySet<string>, change: TopologyChange | undefined): void {
    const neighbours = this.#neighbourIds(graph);
    const isAnyAlternateStale = !change || [...gone].some((name) => name === OWN || name.startsWith('from '));
    for (const id of neighbours) {
      const isStale = isAnyAlternateStale || repairTrees(id).some((name) => !this.#trees.has(name));
      if (isStale) this.#dirtyRepairs.add(id);
    }
    this.#trees.keepOnly(new Set([OWN, ...[...neighbours].flatMap(repairTrees)]));
    for (const id of this.#dirtyRepairs) if (!neighbours.has(id)) this.#dirtyRepairs.delete(id);
    for (const id of this.#repaired) {
      if (neighbours.has(id)) continue;
      this.#repaired.delete(id);
      this.#changes.push({ kind: 'no-repairs', neighbour: id });
    }
  }

  #markRoutes(graph: CompactGraph, tree: ShortestPathTree, change: TopologyChange | undefined): void {
    for (const [destination, set] of this.#sets) {
      const carried = change && carryPathSet(change, tree, set);
      if (carried) {
        this.#sets.set(destination, carried);
        this.#pathSetsKept += 1;
      } else {
        this.#sets.delete(destination);
      }
    }
    for (const route of this.#routes.values()) {
      if (!this.#sets.has(route.destination)) this.#trim(graph, route);
    }
    this.#dirtyRoutes.clear();
    for (let node = 0; node < graph.nodeCount; node += 1) {
      const id = graph.nodeIds[node]!;
      if (node !== tree.root && Number.isFinite(tree.distance[node]!) && !this.#sets.has(id)) this.#dirtyRoutes.add(id);
    }
  }

  #computeRepairs(space: SearchSpace, id: number): void {
    const { graph } = space;
    const own = this.#ownTree(space);
    const self = own.root;
    const neighbour = indexOfNode(graph, id);
    const link = findEdge(graph, self, neighbour);
    const neighbours = new Map<number, ShortestPathTree>();
    for (let edge = graph.offsets[self]!; edge < graph.offsets[self + 1]!; edge += 1) {
      const head = graph.targets[edge]!;
      const tree = this.#trees.get(space, `from ${graph.nodeIds[head]!}`, () => computeTree(space, head));
      neighbours.set(head, tree);
    }
    const withoutNode = this.#trees.get(space, `without node ${id}`, () => treeWithoutNode(space, self, neighbour));
    const withoutLink = this.#trees.get(space, `without link ${id}`, () => treeWithoutLink(space, self, link));
    const table = repairTable(graph, neighbour, { own, neighbours, withoutNode, withoutLink });
    this.#repaired.add(id);
    this.#changes.push({ kind: 'repairs', table });
  }

  #computeRoute(space: SearchSpace, destination: number): void {
    const { graph } = space;
    const set = computePathSet(space, this.#ownTree(space), indexOfNode(graph, destination), this.#config);
    this.#pathSets += 1;
    const route = set && this.#builder.build(graph, destination, set);
    if (!set || !route) {
      this.#withdraw(destination);
      return;
    }
    this.#sets.set(destination, set);
    const former = this.#routes.get(destination);
    this.#routes.set(destination, route);
    if (former) this.#builder.release(former.paths);
    this.#changes.push({ kind: 'route', route });
  }

  /** Until a stale route is computed anew, those of its paths serve on whose links are still there. */
  #trim(graph: CompactGraph, route: Route): void {
    const paths = route.paths.filter(({ segments }) => isPassable(graph, this.#self, segments));
    if (paths.length === route.paths.length) return;
    if (paths.length === 0) {
      this.#withdraw(route.destination);
      return;
    }
    const trimmed = { destination: route.destination, paths, disjoint: undefined };
    for (const path of route.paths) if (!paths.includes(path)) this.#builder.release([path]);
    this.#routes.set(route.destination, trimmed);
    this.#changes.push({ kind: 'route', route: trimmed });
  }

  #withdraw(destination: number): void {
    const route = this.#routes.get(destination);
    if (!route) return;
    this.#routes.delete(destination);
    this.#builder.release(route.paths);
    this.#changes.push({ kind: 'withdraw', destination });
  }

  #forgetAll(): void {
    this.#trees.keepOnly(new Set());
    this.#dirtyRepairs.clear();
    this.#dirtyRoutes.clear();
    this.#sets.clear();
    for (const destination of this.#routes.keys()) this.#withdraw(destination);
  }

  #neighbourIds(graph: CompactGraph): Set<number> {
    const self = indexOfNode(graph, this.#self);
    const ids = new Set<number>();
    if (self < 0) return ids;
    for (let edge = graph.offsets[self]!; edge < graph.offsets[self + 1]!; edge += 1) {
      ids.add(graph.nodeIds[graph.targets[edge]!]!);
    }
    return ids;
  }
}

function repairTrees(id: number): string[] {
  return [`from ${id}`, `without node ${id}`, `without link ${id}`];
}

function isPassable(graph: CompactGraph, source: number, segments: readonly number[]): boolean {
  let tail = indexOfNode(graph, source);
  for (const [index, id] of segments.entries()) {
    const head = indexOfNode(graph, id);
    if (head < 0 || findEdge(graph, tail, head) < 0) return false;
    if (index + 1 < segments.length && graph.transit[head] === 0) return false;
    tail = head;
  }
  return true;
}

function take(set: Set<number>, max: number): number[] {
  const taken: number[] = [];
  for (const item of set) {
    if (taken.length >= max) break;
    taken.push(item);
  }
  for (const item of taken) set.delete(item);
  return taken;
}
