import type { GraphSeed, RecordAttributes } from '../../ports.ts';

/** An edge that the viewer may follow, with the node at its far end. */
export interface Step {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly inverse: boolean;
  /** 0 to 1. */
  readonly weight: number;
  readonly name: string;
  readonly attributes: RecordAttributes;
}

/** Gives the best edges of each node, already filtered by what the viewer may read: both ends and the edge itself. */
export type Expand = (ids: readonly string[], fanout: number) => Promise<readonly Step[]>;

/** A node that a walk reached. */
export interface Reached {
  readonly id: string;
  readonly name: string;
  readonly attributes: RecordAttributes;
  readonly hops: number;
  readonly score: number;
  /** `[seed, EDGE, node, EDGE, node]`; an edge against its direction starts with `^`. */
  readonly path: readonly string[];
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
  const seen = new Map<string, { hops: number; score: number; path: readonly string[] }>();
  for (const { id, weight } of seeds) seen.set(id, { hops: 0, score: weight, path: [id] });
  const reached = new Map<string, Reached & { best: number }>();
  const steps: Step[] = [];
  let truncated = false;
  let frontier = [...seen.keys()].slice(0, FRONTIER_MAX);
  for (let hops = 1; hops <= options.maxHops && frontier.length > 0; hops += 1) {
    signal.throwIfAborted();
    const found = await expand(frontier, options.fanout);
    signal.throwIfAborted();
    truncated ||= found.length >= frontier.length * options.fanout;
    const fresh = new Map<string, Reached & { best: number }>();
    for (const step of found) {
      steps.push(step);
      const origin = seen.get(step.from);
      if (origin === undefined || seen.has(step.to)) continue;
      const gain = origin.score * step.weight * DECAY;
      const known = fresh.get(step.to);
      const path = known !== undefined && known.best >= gain ? known.path : [...origin.path, arrow(step), step.to];
      fresh.set(step.to, {
        id: step.to,
        name: step.name,
        attributes: step.attributes,
        hops,
        score: (known?.score ?? 0) + gain,
        best: Math.max(known?.best ?? 0, gain),
        path,
      });
    }
    for (const node of fresh.values()) {
      if (reached.size >= REACHED_MAX) {
        truncated = true;
        break;
      }
      reached.set(node.id, node);
      seen.set(node.id, node);
    }
    const next = [...fresh.values()].sort(byScore);
    truncated ||= next.length > FRONTIER_MAX;
    frontier = next.slice(0, FRONTIER_MAX).map(({ id }) => id);
  }
  return {
    reached: [...reached.values()].map(({ best: _best, ...node }) => node).sort(byScore),
    steps,
    truncated,
  };
}

function arrow(step: Step): string {
  return step.inverse ? `^${step.type}` : step.type;
}

function byScore(a: { id: string; score: number }, b: { id: string; score: number }): number {
  return b.score - a.score || (a.id < b.id ? -1 : 1);
}
