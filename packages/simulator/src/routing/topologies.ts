import type { GraphLink, GraphNode } from '@peermesh/routing';
import type { SeededRandom } from '../random.ts';

/** How the links of a generated topology lie. */
const SHAPES = ['tree-and-chords', 'ring-and-chords', 'grid', 'hubs', 'near-neighbours', 'two-sites'] as const;

export interface TopologyOptions {
  readonly nodes: number;
  /** Largest cost; small ones make many equal paths. */
  readonly costMax: number;
  /** Part of the nodes that relays nothing. */
  readonly leafRatio: number;
}

export interface GeneratedTopology {
  readonly shape: string;
  readonly nodes: readonly GraphNode[];
}

type Pairs = (readonly [number, number])[];

/** A topology whose ids are neither dense nor in order, with costs that differ by direction. Mostly connected. */
export function generateTopology(random: SeededRandom, options: TopologyOptions): GeneratedTopology {
  const { nodes: count, costMax, leafRatio } = options;
  const shape = random.pick(SHAPES);
  const ids = Array.from({ length: count }, (_, index) => index * 11 + 1 + random.integer(11));
  const links: GraphLink[][] = ids.map(() => []);
  const known = new Set<number>();
  for (const [a, b] of pairsOf(shape, count, random)) {
    const key = Math.min(a, b) * count + Math.max(a, b);
    if (a === b || known.has(key)) continue;
    known.add(key);
    const riskGroups = random.chance(0.2) ? [random.integer(6)] : [];
    for (const [tail, head] of [[a, b] as const, [b, a] as const]) {
      links[tail]?.push({
        peer: ids[head] as number,
        linkId: key,
        cost: 1 + random.integer(costMax),
        latencyUs: 100 + random.integer(50_000),
        spareKbps: 1 + random.integer(1_000_000),
        riskGroups,
      });
    }
  }
  const nodes = ids.map((id, index) => ({
    id,
    isTransit: !random.chance(leafRatio),
    region: random.integer(4),
    tenant: random.integer(3),
    links: links[index] as GraphLink[],
  }));
  return { shape, nodes: random.shuffle(nodes) };
}

function pairsOf(shape: (typeof SHAPES)[number], count: number, random: SeededRandom): Pairs {
  const any = (): number => random.integer(count);
  const chords = (number: number): Pairs => Array.from({ length: number }, () => [any(), any()] as const);
  switch (shape) {
    case 'tree-and-chords':
      return [
        ...range(1, count).map((node) => [node, random.integer(node)] as const),
        ...chords(random.integer(3 * count)),
      ];
    case 'ring-and-chords':
      return [...range(0, count).map((node) => [node, (node + 1) % count] as const), ...chords(random.integer(count))];
    case 'grid': {
      const width = Math.max(2, Math.round(Math.sqrt(count)));
      return range(0, count).flatMap((node) => {
        const right = (node + 1) % width === 0 ? [] : [[node, node + 1] as const];
        return [...right, [node, node + width] as const].filter(([, head]) => head < count);
      });
    }
    case 'hubs': {
      const hubs = Math.min(count, 2 + random.integer(5));
      const core = range(0, hubs).flatMap((a) => range(0, a).map((b) => [a, b] as const));
      const spokes = range(hubs, count).flatMap((node) =>
        range(0, 1 + random.integer(3)).map(() => [node, random.integer(hubs)] as const),
      );
      return [...core, ...spokes];
    }
    case 'near-neighbours': {
      const places = range(0, count).map(() => [random.next(), random.next()] as const);
      return places.flatMap((place, node) =>
        [...places.keys()]
          .sort((a, b) => distance(place, places[a]) - distance(place, places[b]))
          .slice(1, 4)
          .map((other) => [node, other] as const),
      );
    }
    case 'two-sites': {
      const half = Math.max(1, count >> 1);
      const inside = (from: number, to: number): Pairs =>
        range(from + 1, to).flatMap((node) => [
          [node, from + random.integer(node - from)] as const,
          [node, from + random.integer(node - from)] as const,
        ]);
      const across = range(0, 1 + random.integer(3)).map(
        () => [random.integer(half), Math.min(count - 1, half + random.integer(count - half))] as const,
      );
      return [...inside(0, half), ...inside(half, count), ...across];
    }
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

function distance(a: readonly [number, number], b: readonly [number, number] | undefined): number {
  return b ? (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 : Number.POSITIVE_INFINITY;
}
