import {
  buildGraph,
  DEFAULT_PATH_SET,
  ForwardingTable,
  type Path,
  PathComputer,
  type PathSetConfig,
  type Route,
} from '@peermesh/routing';
import type { InvariantRegistry } from '../invariant.ts';
import type { SeededRandom } from '../random.ts';
import { checkSmallTopology } from './check-small-topology.ts';
import type { RoutingInvariant } from './routing-invariants.ts';
import { generateTopology } from './topologies.ts';
import { type Dead, TrueTopology } from './true-topology.ts';

type Registry = InvariantRegistry<RoutingInvariant>;

/** What one topology was. */
export interface TopologyReport {
  readonly shape: string;
  readonly nodes: number;
  readonly links: number;
  readonly failures: number;
}

const SMALL_TOPOLOGIES = 10;
const NODES_MIN = 10;
const SMALL_NODES_MAX = 60;
const LARGE_NODES_MAX = 500;
const LARGE_RATIO = 0.04;
/** Recomputations that are compared per topology; repairs are checked for every failure. */
const RECOMPUTED_MAX = 60;
const SOURCES_MAX = 4;

/** The paths of one node, as its data plane has them. */
class Node {
  readonly table = new ForwardingTable();
  readonly computer: PathComputer;

  constructor(id: number, config: PathSetConfig) {
    this.computer = new PathComputer(id, config);
  }

  update(topology: TrueTopology, work: number): void {
    this.computer.update(buildGraph(topology.nodes));
    this.computer.work(work);
    for (const change of this.computer.takeChanges()) this.table.apply(change);
  }
}

/**
 * One random topology of 10 to 500 nodes (mostly small ones): shortest paths, and for every single link and node failure
 * the repairs of the nodes next to it and, for a sample, the recomputation. Beside it ten tiny topologies against brute force.
 * @throws InvariantViolation
 */
export function checkTopology(random: SeededRandom, registry: Registry): TopologyReport {
  for (let small = 0; small < SMALL_TOPOLOGIES; small += 1) checkSmallTopology(random.fork(`small ${small}`), registry);
  const nodesMax = random.chance(LARGE_RATIO) ? LARGE_NODES_MAX : SMALL_NODES_MAX;
  const count = NODES_MIN + random.integer(nodesMax - NODES_MIN + 1);
  const { shape, nodes } = generateTopology(random.fork('topology'), {
    nodes: count,
    costMax: random.chance(0.3) ? 3 : 1_000,
    leafRatio: random.chance(0.5) ? 0 : 0.3,
  });
  const topology = new TrueTopology(nodes);
  const graph = buildGraph(nodes);
  const members = new Map(nodes.map(({ id }) => [id, new Node(id, DEFAULT_PATH_SET)]));
  for (const [id, { computer, table }] of members) {
    const neighbours = new Set(topology.neighbours(id));
    computer.update(graph);
    computer.work(neighbours.size);
    for (const change of computer.takeChanges()) table.apply(change);
    for (const neighbour of neighbours) table.apply({ kind: 'neighbour', neighbour, isUp: true });
  }
  for (const { id } of random.shuffle(nodes).slice(0, SOURCES_MAX)) {
    checkShortest(topology, id, members.get(id) as Node, registry);
  }
  let failures = 0;
  for (const { id } of nodes) {
    for (const neighbour of new Set(topology.neighbours(id))) {
      checkRepairs(topology, members, id, neighbour, registry);
      failures += 1;
    }
  }
  checkRecomputation(topology, random.fork('recomputation'), registry);
  return { shape, nodes: count, links: graph.edgeCount / 2, failures };
}

function checkShortest(
  topology: TrueTopology,
  from: number,
  { table }: Node,
  registry: Registry,
  dead: Dead = {},
): void {
  const name = dead.node === undefined && dead.link === undefined ? 'ShortestIsShortest' : 'RecomputeReaches';
  const distances = topology.distances(from, dead);
  for (const { id: to } of topology.nodes) {
    if (to === from || to === dead.node) continue;
    const route = table.route(to);
    const segments = route ? route.paths[0]?.segments : table.pathTo(to, 0)?.segments;
    const expected = distances.get(to);
    registry.check(name, (segments !== undefined) === (expected !== undefined), () => `${from} to ${to}`);
    if (segments === undefined) continue;
    const flaw = topology.flawOf(from, segments, to, dead);
    registry.check('RoutesAreStrict', flaw === undefined, () => `${from} to ${to} by ${segments.join()}: ${flaw}`);
    const cost = costOf(topology, from, segments);
    registry.check(name, cost === expected, () => `${from} to ${to} costs ${cost} instead of ${expected}`);
  }
}

/** The link from `at` to `failed` dies: what `at` does with frames to everywhere. */
function checkRepairs(
  topology: TrueTopology,
  members: ReadonlyMap<number, Node>,
  at: number,
  failed: number,
  registry: Registry,
): void {
  const { table } = members.get(at) as Node;
  const link = { link: [at, failed] as const };
  const withoutLink = topology.reach(at, link);
  const withoutNode = topology.reach(at, { node: failed });
  table.apply({ kind: 'neighbour', neighbour: failed, isUp: false });
  for (const { id: to } of topology.nodes) {
    if (to === at) continue;
    const segments = table.detour(failed, to)?.segments;
    const hint = (): string => `${at} to ${to} without ${failed}: ${segments?.join() ?? 'nothing'}`;
    registry.check('RepairReaches', segments !== undefined || !withoutLink.has(to), hint);
    if (segments === undefined) continue;
    const flaw = topology.flawOf(at, segments, to, link);
    registry.check('RepairAvoidsDead', flaw === undefined, () => `${hint()}: ${flaw}`);
    const isAvoidable = to !== failed && withoutNode.has(to);
    registry.check('RepairAvoidsDead', !isAvoidable || !segments.includes(failed), hint);
    checkAlternate(topology, members, at, failed, to, registry);
  }
  table.apply({ kind: 'neighbour', neighbour: failed, isUp: true });
}

function checkAlternate(
  topology: TrueTopology,
  members: ReadonlyMap<number, Node>,
  at: number,
  failed: number,
  to: number,
  registry: Registry,
): void {
  const alternate = members.get(at)?.table.alternate(failed, to);
  if (alternate === undefined) return;
  const onward = alternate === to ? [] : members.get(alternate)?.table.pathTo(to, 0)?.segments;
  const isLoopFree = onward !== undefined && !onward.includes(at) && (to === failed || !onward.includes(failed));
  registry.check(
    'AlternateLoopFree',
    isLoopFree,
    () => `${at} to ${to} without ${failed} over ${alternate}: ${onward?.join()}`,
  );
  const isThere = alternate !== failed && topology.neighbours(at).includes(alternate);
  registry.check('AlternateLoopFree', isThere, () => `${alternate} is no neighbour of ${at}`);
}

/** One source goes through failures and their repair; after each step a source that starts afresh must agree. */
function checkRecomputation(topology: TrueTopology, random: SeededRandom, registry: Registry): void {
  const { nodes } = topology;
  const source = random.pick(nodes).id;
  const isSmall = nodes.length <= 25;
  const work = isSmall ? 10_000 : 0;
  const config = { k: 1 + random.integer(4), stretchMax: 1.5 };
  const kept = new Node(source, config);
  const links = nodes.flatMap(({ id, links: own }) =>
    own.filter(({ peer }) => peer > id).map(({ peer }) => ({ link: [id, peer] as const })),
  );
  const deaths = nodes.filter(({ id }) => id !== source).map(({ id }) => ({ node: id }));
  for (const neighbour of topology.neighbours(source)) kept.table.apply({ kind: 'neighbour', neighbour, isUp: true });
  kept.update(topology, work);
  for (const dead of random.shuffle<Dead>([...links, ...deaths]).slice(0, RECOMPUTED_MAX)) {
    const broken = new TrueTopology(topology.without(dead));
    kept.update(broken, work);
    checkShortest(topology, source, kept, registry, dead);
    if (isSmall) checkAgainstFresh(broken, source, kept, config, registry);
    kept.update(topology, work);
    checkShortest(topology, source, kept, registry);
    if (isSmall) checkAgainstFresh(topology, source, kept, config, registry);
  }
}

function checkAgainstFresh(
  topology: TrueTopology,
  source: number,
  kept: Node,
  config: PathSetConfig,
  registry: Registry,
): void {
  const fresh = new Node(source, config);
  fresh.update(topology, 10_000);
  for (const { id } of topology.nodes) {
    const [route, expected] = [kept.table.route(id), fresh.table.route(id)];
    registry.check(
      'IncrementalEqualsFull',
      areEquivalent(route, expected),
      () => `${source} to ${id}: ${costsOf(route)} instead of ${costsOf(expected)}`,
    );
  }
}

/** The same costs; or, of several disjoint pairs that cost the same together, another one, which leaves other places to fill. */
function areEquivalent(one: Route | undefined, other: Route | undefined): boolean {
  if (costsOf(one) === costsOf(other)) return true;
  const [a, b] = [pairOf(one), pairOf(other)];
  if (a === undefined || b === undefined || one?.disjoint?.kind !== other?.disjoint?.kind) return false;
  const isOtherPair = a.some(({ segments }) => !b.some((path) => path.segments.join() === segments.join()));
  return (
    isOtherPair && a[0].cost + a[1].cost === b[0].cost + b[1].cost && one?.paths[0]?.cost === other?.paths[0]?.cost
  );
}

function costsOf(route: Route | undefined): string | undefined {
  return route?.paths.map(({ cost }) => cost).join();
}

function pairOf(route: Route | undefined): readonly [Path, Path] | undefined {
  if (route?.disjoint === undefined) return undefined;
  const { paths, disjoint } = route;
  return [paths[disjoint.first] as Path, paths[disjoint.second] as Path];
}

function costOf(topology: TrueTopology, from: number, segments: readonly number[]): number {
  let cost = 0;
  let at = from;
  for (const next of segments) {
    cost += topology.cost(at, next);
    at = next;
  }
  return cost;
}
