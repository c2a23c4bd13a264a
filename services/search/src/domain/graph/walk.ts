import type { GraphSeed } from '../../ports.ts';

/** An edge that the viewer may follow. */
export interface Step {
  readonly from: string;
  readonly to: string;
  /** What the far end is. */
  readonly kind: 'doc' | 'entity';
  readonly type: string;
  readonly inverse: boolean;
  /** 0 to 1. */
  readonly weight: number;
}

/** Gives the best edges of each node, already filtered by what the viewer may read: both ends and the edge itself. */
export type Expand = (ids: readonly string[], fanout: number) => Promise<readonly Step[]>;

/** A node that a walk reached. */
export interface Reached {
  readonly id: string;
  readonly kind: 'doc' | 'entity';
  readonly hops: number;
  readonly score: number;
  /** The best edge to it, and the node that the edge comes from; null where that is a seed. */
  readonly via: Step;
  readonly origin: Reached | null;
}

/** What a walk found. */
export interface Walk {
  readonly reached: readonly Reached[];
  readonly steps: readonly Step[];
  /** A cap kept the walk from seeing everything. */
  readonly truncated: boolean;
}

/** Nodes followed per hop, and nodes kept in all. */
const FRONTIER_MAX = 200;
const REACHED_MAX = 5_000;
const DECAY = 0.5;

interface Fresh extends Reached {
  score: number;
  via: Step;
  origin: Fresh | null;
  best: number;
}

/**
 * Capped breadth-first walk. A node's score is the sum over the edges by which it was first reached, halved with each
 * hop; the path is the best of them. Seeds are not part of the result.
 */
export async function walk(
  seeds: readonly GraphSeed[],
  options: { readonly maxHops: number; readonly fanout: number },
  expand: Expand,
  signal: AbortSignal,
): Promise<Walk> {
  const seedScores = new Map(seeds.map(({ id, weight }) => [id, weight]));
  const reached = new Map<string, Fresh>();
  const steps: Step[] = [];
  let truncated = false;
  let frontier = [...seedScores.keys()].slice(0, FRONTIER_MAX);
  for (let hops = 1; hops <= options.maxHops && frontier.length > 0; hops += 1) {
    signal.throwIfAborted();
    const found = await expand(frontier, options.fanout);
    signal.throwIfAborted();
    truncated ||= found.length >= frontier.length * options.fanout;
    const fresh = new Map<string, Fresh>();
    for (const step of found) {
      steps.push(step);
      const origin = reached.get(step.from) ?? null;
      const score = origin?.score ?? seedScores.get(step.from);
      if (score === undefined || reached.has(step.to) || seedScores.has(step.to)) continue;
      addGain(fresh, step, origin, score * step.weight * DECAY, hops);
    }
    for (const node of fresh.values()) {
      if (reached.size >= REACHED_MAX) {
        truncated = true;
        break;
      }
      reached.set(node.id, node);
    }
    const next = [...fresh.values()].sort(byScore);
    truncated ||= next.length > FRONTIER_MAX;
    frontier = next.slice(0, FRONTIER_MAX).map(({ id }) => id);
  }
  return { reached: [...reached.values()].sort(byScore), steps, truncated };
}

function addGain(fresh: Map<string, Fresh>, via: Step, origin: Fresh | null, gain: number, hops: number): void {
  const known = fresh.get(via.to);
  if (known === undefined) {
    fresh.set(via.to, { id: via.to, kind: via.kind, hops, score: gain, best: gain, via, origin });
    return;
  }
  known.score += gain;
  if (known.best >= gain) return;
  known.best = gain;
  known.via = via;
  known.origin = origin;
}

/** `[seed, EDGE, node, EDGE, node]`; an edge against its direction starts with `^`. */
export function pathOf({ id, via, origin }: Reached): string[] {
  const before = origin === null ? [via.from] : pathOf(origin);
  before.push(via.inverse ? `^${via.type}` : via.type, id);
  return before;
}

function byScore(a: { id: string; score: number }, b: { id: string; score: number }): number {
  return b.score - a.score || (a.id < b.id ? -1 : 1);
}
