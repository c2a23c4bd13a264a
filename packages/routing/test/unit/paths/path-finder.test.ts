import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildGraph, type CompactGraph, type GraphNode, indexOfNode } from '../../../src/graph/compact-graph.ts';
import { withDraining } from '../../../src/graph/last-resort.ts';
import type { GraphPath } from '../../../src/graph/search-space.ts';
import { PathFinder } from '../../../src/paths/path-finder.ts';
import type { PathAnswer, PathConstraints, PathQuery } from '../../../src/paths/path-query.ts';
import { allPaths, areDisjoint, relays } from '../../support/brute-force.ts';
import { integerBetween, seededRandom } from '../../support/random.ts';
import { randomTopology } from '../../support/topologies.ts';

const SEEDS = 400;

interface Sample {
  readonly seed: number;
  readonly random: () => number;
  readonly graph: CompactGraph;
  readonly finder: PathFinder;
  readonly query: PathQuery;
  readonly all: readonly GraphPath[];
}

function* samples(): Generator<Sample> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const random = seededRandom(seed);
    const nodes = integerBetween(random, 3, 8);
    const shape = { nodes, extraLinks: integerBetween(random, 0, nodes * 2), costMax: 20, leafRatio: 0 };
    const graph = buildGraph(randomTopology(random, shape));
    const target = graph.nodeCount - 1;
    const query = { source: graph.nodeIds[0]!, destination: graph.nodeIds[target]!, k: 4, stretchMax: 100 };
    yield { seed, random, graph, finder: new PathFinder(graph), query, all: allPaths(graph, 0, target) };
  }
}

const latencyOf = (graph: CompactGraph, { edges }: GraphPath): number =>
  edges.reduce((sum, edge) => sum + graph.latencyUs[edge]!, 0);
const costsOf = ({ paths }: PathAnswer): number[] => paths.map(({ cost }) => cost);

/** Asserts that the answer has the cheapest of the paths that are allowed. */
function assertCheapest(
  sample: Sample,
  constraints: PathConstraints,
  isAllowed: (path: GraphPath) => boolean,
): boolean {
  const answer = sample.finder.query({ ...sample.query, constraints });
  const expected = sample.all
    .filter(isAllowed)
    .slice(0, 4)
    .map(({ cost }) => cost);
  assert.deepEqual(costsOf(answer), expected, `seed ${sample.seed}`);
  if (expected.length === 0) assert.equal(answer.reason, 'constraints', `seed ${sample.seed}`);
  return expected.length > 0;
}

test('a latency limit is met by the cheapest paths that meet it, and refused only when none does', () => {
  let met = 0;
  for (const sample of samples()) {
    const latencies = sample.all.map((path) => latencyOf(sample.graph, path));
    const latencyMaxUs =
      latencies[integerBetween(sample.random, 0, latencies.length - 1)]! - integerBetween(sample.random, 0, 1);
    met += Number(assertCheapest(sample, { latencyMaxUs }, (path) => latencyOf(sample.graph, path) <= latencyMaxUs));
  }
  assert.ok(met > SEEDS / 2 && met < SEEDS, `${met}`);
});

test('a bandwidth limit holds on every link', () => {
  let met = 0;
  for (const sample of samples()) {
    const { graph, random } = sample;
    const bandwidthMinKbps = integerBetween(random, 1, 900_000);
    const isWide = ({ edges }: GraphPath): boolean => edges.every((edge) => graph.spareKbps[edge]! >= bandwidthMinKbps);
    met += Number(assertCheapest(sample, { bandwidthMinKbps }, isWide));
  }
  assert.ok(met > SEEDS / 4 && met < SEEDS, `${met}`);
});

test('avoided nodes, regions, tenants and risk groups are on no path', () => {
  let met = 0;
  for (const sample of samples()) {
    const { graph, random } = sample;
    const any = integerBetween(random, 0, graph.nodeCount - 1);
    const [avoidRegions, avoidTenants, avoidRiskGroups] = [[1], [integerBetween(random, 1, 3)], [1, 2]];
    const isAllowed = (path: GraphPath): boolean =>
      relays(graph, path).every(
        (node) => node !== any && graph.regions[node] !== 1 && graph.tenants[node] !== avoidTenants[0],
      ) && path.edges.every((edge) => !graph.riskGroups[edge]!.some((group) => avoidRiskGroups.includes(group)));
    const avoidNodes = [graph.nodeIds[any]!];
    met += Number(assertCheapest(sample, { avoidNodes, avoidRegions, avoidTenants, avoidRiskGroups }, isAllowed));
  }
  assert.ok(met > SEEDS / 10 && met < SEEDS, `${met}`);
});

for (const disjointness of ['node', 'link', 'risk-group'] as const) {
  test(`a pair that is ${disjointness}-disjoint and fast enough is the cheapest such pair`, () => {
    let met = 0;
    for (const { seed, random, graph, finder, query, all } of samples()) {
      const latencyMaxUs = integerBetween(random, 20_000, 200_000);
      const fast = all.filter((path) => latencyOf(graph, path) <= latencyMaxUs);
      const groups = ({ edges }: GraphPath): number[] => edges.flatMap((edge) => [...graph.riskGroups[edge]!]);
      let best = Number.POSITIVE_INFINITY;
      for (const a of fast) {
        for (const b of fast) {
          const isDisjoint =
            disjointness === 'risk-group'
              ? areDisjoint(graph, a, b, 'link') && !groups(a).some((group) => groups(b).includes(group))
              : areDisjoint(graph, a, b, disjointness);
          if (a !== b && isDisjoint) best = Math.min(best, a.cost + b.cost);
        }
      }
      const answer = finder.query({ ...query, constraints: { latencyMaxUs, disjointness } });
      if (all.length > 64) continue;
      const found =
        answer.paths.length === 2 ? answer.paths[0]!.cost + answer.paths[1]!.cost : Number.POSITIVE_INFINITY;
      assert.equal(found, best, `seed ${seed}`);
      met += Number(Number.isFinite(best));
    }
    assert.ok(met > SEEDS / 10 && met < SEEDS, `${met}`);
  });
}

/** A topology in which some nodes drain. */
function withSomeDraining(nodes: readonly GraphNode[], draining: ReadonlySet<number>): CompactGraph {
  const graph = buildGraph(nodes.map((node) => (draining.has(node.id) ? { ...node, isTransit: false } : node)));
  return withDraining(
    graph,
    Uint8Array.from(graph.nodeIds, (id) => Number(draining.has(id))),
  );
}

test('in a what-if nodes that drain relay just when they would if it came true', () => {
  const outcomes = { needed: 0, neededNow: 0, neededNoMore: 0, spared: 0 };
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const random = seededRandom(seed);
    const count = integerBetween(random, 4, 9);
    const shape = { nodes: count, extraLinks: integerBetween(random, 0, count), costMax: 20, leafRatio: 0.2 };
    const nodes = randomTopology(random, shape);
    const draining = new Set(nodes.filter(({ isTransit }) => isTransit && random() < 0.4).map(({ id }) => id));
    const dead = nodes[integerBetween(random, 0, count - 1)]!.id;
    const [source, destination] = nodes.filter(({ id }) => id !== dead).map(({ id }) => id) as [number, number];
    const query = { source, destination, k: 4, stretchMax: 1e12 };
    const before = withSomeDraining(nodes, draining);
    const left = nodes.filter(({ id }) => id !== dead);
    const after = withSomeDraining(left, draining);
    const answer = new PathFinder(before).query({ ...query, without: { nodes: [dead] } });
    const expected = new PathFinder(after).query(query);
    assert.deepEqual(
      answer.paths.map(({ segments, cost }) => [segments, cost]),
      expected.paths.map(({ segments, cost }) => [segments, cost]),
      `seed ${seed}`,
    );
    assert.equal(answer.reason, expected.reason, `seed ${seed}`);
    if (before.lastResort !== undefined) outcomes[after.lastResort === undefined ? 'neededNoMore' : 'needed'] += 1;
    else outcomes[after.lastResort === undefined ? 'spared' : 'neededNow'] += 1;
  }
  for (const [outcome, times] of Object.entries(outcomes)) assert.ok(times > SEEDS / 100, `${outcome}: ${times}`);
});

test('what-if answers are those of the topology without the dead nodes and links', () => {
  let lost = 0;
  for (const { seed, random, graph, finder, query, all } of samples()) {
    const node = integerBetween(random, 1, graph.nodeCount - 2);
    const edge = integerBetween(random, 0, graph.edgeCount - 1);
    const [tail, head] = [graph.sources[edge]!, graph.targets[edge]!].map((index) => graph.nodeIds[index]!) as [
      number,
      number,
    ];
    const without = { nodes: [graph.nodeIds[node]!], links: [[tail, head]] as const };
    const isAlive = (path: GraphPath): boolean =>
      !relays(graph, path).includes(node) &&
      !path.edges.some((used) => used === edge || graph.opposites[used] === edge);
    const answer = finder.query({ ...query, without });
    const expected = all
      .filter(isAlive)
      .slice(0, 4)
      .map(({ cost }) => cost);
    assert.deepEqual(costsOf(answer), expected, `seed ${seed}`);
    if (expected.length > 0) continue;
    assert.equal(answer.reason, 'unreachable');
    lost += 1;
  }
  assert.ok(lost > 10 && lost < SEEDS / 2);
});

test('answers are remembered whatever the order of lists, until the topology changes', () => {
  const graph = buildGraph(randomTopology(seededRandom(5), { nodes: 30, extraLinks: 60, costMax: 20, leafRatio: 0 }));
  const finder = new PathFinder(graph, 2);
  const [source, a, b, destination] = [0, 5, 6, 20].map((index) => graph.nodeIds[index]!) as [
    number,
    number,
    number,
    number,
  ];
  const ask = (avoidNodes: number[], links: [number, number][] = []): PathAnswer =>
    finder.query({ source, destination, k: 3, stretchMax: 2, constraints: { avoidNodes }, without: { links } });
  const first = ask([a, b], [[a, b]]);
  assert.equal(ask([b, a, b], [[b, a]]), first);
  assert.deepEqual([finder.cacheHits, finder.cacheMisses], [1, 1]);
  ask([a]);
  ask([b]);
  ask([a, b], [[a, b]]);
  assert.deepEqual([finder.cacheHits, finder.cacheMisses], [1, 4], 'the oldest went first');
  finder.update(graph);
  ask([a, b], [[a, b]]);
  assert.equal(finder.cacheMisses, 5);
});

test('unknown ends and figures out of range have their own answers', () => {
  const graph = buildGraph(randomTopology(seededRandom(5), { nodes: 5, extraLinks: 5, costMax: 20, leafRatio: 0 }));
  const finder = new PathFinder(graph);
  const [known, other] = [graph.nodeIds[0]!, graph.nodeIds[1]!];
  const base = { source: known, destination: other, k: 1, stretchMax: 1 };
  assert.equal(indexOfNode(graph, 9_999), -1);
  assert.equal(finder.query({ ...base, source: 9_999 }).reason, 'unknown-source');
  assert.equal(finder.query({ ...base, destination: 9_999 }).reason, 'unknown-destination');
  assert.equal(finder.query({ ...base, without: { nodes: [other] } }).reason, 'unreachable');
  for (const wrong of [{ k: 0 }, { k: 65 }, { k: 1.5 }, { stretchMax: 0.9 }, { stretchMax: Number.NaN }]) {
    assert.throws(() => finder.query({ ...base, ...wrong }), RangeError);
  }
});
