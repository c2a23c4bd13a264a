import { buildGraph, DEFAULT_PATH_SET, ForwardingTable, PathComputer, PathFinder } from '@peermesh/routing';
import { writeResult } from '../write-result.ts';
import { buildReferences } from './references.ts';
import { LINKS, NODES, randomTopology, seededRandom } from './topology.ts';

const TREE_MAX_MS = 1;
const PATHS_MAX_MS = 10;
const K = 4;
const SEED = 11;
const TOPOLOGIES = 2;
const WARM_UP = 30;
const SAMPLES = 150;
const REFERENCE_TREES = 10;
const REFERENCE_PATHS = 2;

interface Series {
  readonly median: number;
  readonly p99: number;
}

function series(samples: readonly number[]): Series {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (quantile: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? 0;
  return { median: at(0.5), p99: at(0.99) };
}

function timed<T>(samples: number[], work: () => T): T {
  const startedAt = performance.now();
  const result = work();
  samples.push(performance.now() - startedAt);
  return result;
}

const random = seededRandom(SEED);
const any = (): number => Math.floor(random() * NODES);
const figures = {
  tree: [],
  set: [],
  paths: [],
  graph: [],
  repairs: [],
  carried: [],
  graphology: [],
  ksp: [],
} as Record<'tree' | 'set' | 'paths' | 'graph' | 'repairs' | 'carried' | 'graphology' | 'ksp', number[]>;
let differences = 0;
let compared = 0;

/** Costs of the shortest paths of a computer, through its forwarding table. */
function treeCosts(
  computer: PathComputer,
  source: number,
  costs: ReadonlyMap<number, ReadonlyMap<number, number>>,
): Map<number, number> {
  const table = new ForwardingTable();
  for (const change of computer.takeChanges()) table.apply(change);
  for (const neighbour of costs.get(source)?.keys() ?? []) table.apply({ kind: 'neighbour', neighbour, isUp: true });
  return new Map(
    table.destinations().map((id) => {
      let [at, cost] = [source, 0];
      for (const next of table.pathTo(id, 0)?.segments ?? []) {
        cost += costs.get(at)?.get(next) ?? Number.NaN;
        at = next;
      }
      return [id, cost];
    }),
  );
}

for (let topology = 0; topology < TOPOLOGIES; topology += 1) {
  const nodes = randomTopology(random);
  const costs = new Map(nodes.map(({ id, links }) => [id, new Map(links.map(({ peer, cost }) => [peer, cost]))]));
  const references = buildReferences(nodes);
  let graph = buildGraph(nodes);
  for (let round = 0; round < WARM_UP; round += 1) {
    const computer = new PathComputer(any(), DEFAULT_PATH_SET);
    computer.update(graph);
    computer.work(20);
  }
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const source = any();
    graph = timed(figures.graph, () => buildGraph(nodes));
    const computer = new PathComputer(source, DEFAULT_PATH_SET);
    timed(figures.tree, () => computer.update(graph));
    const neighbours = nodes[source]?.links.length ?? 0;
    timed(figures.repairs, () => computer.work(neighbours));
    timed(figures.set, () => computer.work(1));
    const finder = new PathFinder(graph);
    const query = {
      source,
      destination: (source + 1 + Math.floor(random() * (NODES - 1))) % NODES,
      k: K,
      stretchMax: 1_000,
    };
    timed(figures.paths, () => finder.query(query));
    const link = nodes[any()]?.links[0];
    const changed = nodes.map((node) => ({ ...node, links: node.links.filter((own) => own.linkId !== link?.linkId) }));
    const without = buildGraph(changed);
    timed(figures.carried, () => computer.update(without));
  }
  for (let sample = 0; sample < REFERENCE_TREES; sample += 1) {
    const source = any();
    const expected = timed(figures.graphology, () => references.tree(source));
    const computer = new PathComputer(source, DEFAULT_PATH_SET);
    computer.update(graph);
    for (const [id, cost] of treeCosts(computer, source, costs)) {
      compared += 1;
      if (expected.get(id) !== cost) differences += 1;
    }
  }
  for (let sample = 0; sample < REFERENCE_PATHS; sample += 1) {
    const [source, destination] = [any(), any()];
    if (source === destination) continue;
    const expected = timed(figures.ksp, () => references.kPaths(source, destination, K));
    const { paths } = new PathFinder(graph).query({ source, destination, k: K, stretchMax: 1_000 });
    compared += 1;
    if (paths.map(({ cost }) => cost).join() !== expected.join()) differences += 1;
  }
}

const results = Object.fromEntries(Object.entries(figures).map(([name, samples]) => [name, series(samples)])) as Record<
  keyof typeof figures,
  Series
>;
const passed =
  results.tree.median < TREE_MAX_MS &&
  results.paths.median < PATHS_MAX_MS &&
  results.set.median < PATHS_MAX_MS &&
  differences === 0;
const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));
const row = (what: string, { median, p99 }: Series, reference?: Series): string => {
  const ratio = reference ? `${(reference.median / median).toFixed(0)}x` : '';
  return `| ${what} | ${ms(median)} | ${ms(p99)} | ${reference ? ms(reference.median) : ''} | ${ratio} |`;
};
writeResult('routing', {
  passed,
  summary: `${NODES} nodes, ${LINKS} links: tree ${ms(results.tree.median)} ms (graphology ${ms(results.graphology.median)}), k=${K} paths ${ms(results.paths.median)} ms (k-shortest-path ${ms(results.ksp.median)})`,
  figures: { nodes: NODES, links: LINKS, k: K, milliseconds: results, compared, differences },
  markdown: [
    `Random topologies of ${NODES} nodes and ${LINKS} links, ${TOPOLOGIES * SAMPLES} samples. References in the same run: graphology's`,
    'Dijkstra (`graphology-shortest-path`) for trees, `k-shortest-path` (Yen on graphlib) for paths; results were compared:',
    `${compared} comparisons, ${differences} differences.`,
    '',
    '| what | median ms | p99 ms | reference ms | ratio |',
    '|---|---|---|---|---|',
    row('tree of one node, ready for its data plane (promised: under 1)', results.tree, results.graphology),
    row(`the ${K} cheapest paths to one destination (promised: under 10)`, results.paths, results.ksp),
    row('path set of one destination: disjoint pair, Yen within 1.5x, traffic shares', results.set),
    row('repairs and loop-free alternates of all neighbours of a node', results.repairs),
    row('after a lost link: what it alters is found, the rest kept', results.carried),
    row('graph from advertised links, with the two-way check', results.graph),
  ].join('\n'),
});
process.exitCode = passed ? 0 : 1;
