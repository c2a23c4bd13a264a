import { buildGraph, PathFinder } from '@peermesh/routing';
import type { InvariantRegistry } from '../invariant.ts';
import type { SeededRandom } from '../random.ts';
import type { RoutingInvariant } from './routing-invariants.ts';
import { generateTopology } from './topologies.ts';
import { TrueTopology } from './true-topology.ts';

type Registry = InvariantRegistry<RoutingInvariant>;
type ListedPath = ReturnType<TrueTopology['allPaths']>[number];

/** A topology of at most eight nodes, small enough to list every path of it. @throws InvariantViolation */
export function checkSmallTopology(random: SeededRandom, registry: Registry): void {
  const { nodes } = generateTopology(random.fork('topology'), {
    nodes: 2 + random.integer(7),
    costMax: random.chance(0.5) ? 3 : 50,
    leafRatio: random.chance(0.5) ? 0 : 0.2,
  });
  const topology = new TrueTopology(nodes);
  const finder = new PathFinder(buildGraph(nodes));
  const source = (nodes[0] as { id: number }).id;
  const destination = (nodes[1] as { id: number }).id;
  const all = topology.allPaths(source, destination);
  const k = 1 + random.integer(12);
  const stretchMax = random.chance(0.5) ? 1_000 : 1.5;
  const costMax = (all[0]?.cost ?? 0) * stretchMax;
  const expected = all.filter(({ cost }) => cost <= costMax).slice(0, k);
  const { paths } = finder.query({ source, destination, k, stretchMax });
  const costs = paths.map(({ cost }) => cost).join();
  registry.check(
    'YenEqualsBruteForce',
    costs === expected.map(({ cost }) => cost).join(),
    () => `${costs} instead of ${expected.map(({ cost }) => cost).join()}`,
  );
  registry.check(
    'YenEqualsBruteForce',
    new Set(paths.map(({ segments }) => segments.join())).size === paths.length,
    () => 'a path comes twice',
  );
  for (const { segments } of paths) {
    const flaw = topology.flawOf(source, segments, destination);
    registry.check('RoutesAreStrict', flaw === undefined, () => `${source} by ${segments.join()}: ${flaw}`);
  }
  for (const disjointness of ['node', 'link'] as const) {
    const found = finder.query({ source, destination, k: 2, stretchMax: 1, constraints: { disjointness } }).paths;
    checkPair(source, all, found, disjointness, registry);
  }
}

function checkPair(
  source: number,
  all: readonly ListedPath[],
  found: readonly { readonly segments: readonly number[]; readonly cost: number }[],
  kind: 'node' | 'link',
  registry: Registry,
): void {
  let best = Number.POSITIVE_INFINITY;
  for (const [index, a] of all.entries()) {
    for (const b of all.slice(index + 1)) {
      if (areDisjoint(a.nodes, b.nodes, kind)) best = Math.min(best, a.cost + b.cost);
    }
  }
  const [a, b] = found;
  const total = a && b ? a.cost + b.cost : Number.POSITIVE_INFINITY;
  registry.check('PairEqualsBruteForce', total === best, () => `${kind}: ${total} instead of ${best}`);
  if (!a || !b) return;
  const isDisjoint = areDisjoint([source, ...a.segments], [source, ...b.segments], kind);
  registry.check('PairEqualsBruteForce', isDisjoint, () => `${a.segments.join()} and ${b.segments.join()}`);
}

function areDisjoint(a: readonly number[], b: readonly number[], kind: 'node' | 'link'): boolean {
  const links = (nodes: readonly number[]): string[] =>
    nodes.slice(1).map((node, index) => [node, nodes[index]].sort().join('-'));
  const used = new Set(links(a));
  if (links(b).some((link) => used.has(link))) return false;
  return kind === 'link' || !b.slice(1, -1).some((node) => a.slice(1, -1).includes(node));
}
