import type { CompactGraph } from '../graph/compact-graph.ts';
import type { GraphPath } from '../graph/search-space.ts';

/** Shares of all paths together: a share is a number of 1/256. */
export const SHARES_TOTAL = 256;

/**
 * How to split traffic over paths: in proportion to what each would get if all grew at the same speed until a link on
 * them is full (max-min fairness by progressive filling). Paths that share a link share its spare bandwidth, so a
 * bottleneck is not counted twice.
 * @returns one share per path; they add up to {@link SHARES_TOTAL} unless there is no path.
 */
export function trafficShares(graph: CompactGraph, paths: readonly GraphPath[]): number[] {
  const rates = fairRates(graph, paths);
  const total = rates.reduce((sum, rate) => sum + rate, 0);
  const exact = rates.map((rate) => (total > 0 ? rate / total : 1 / rates.length) * SHARES_TOTAL);
  return roundToTotal(exact);
}

function fairRates({ spareKbps }: CompactGraph, paths: readonly GraphPath[]): number[] {
  const rates = paths.map(() => 0);
  const spare = new Map<number, number>();
  for (const { edges } of paths) for (const edge of edges) spare.set(edge, spareKbps[edge]!);
  const growing = new Set(paths.keys());
  while (growing.size > 0) {
    const users = new Map<number, number>();
    for (const path of growing) {
      for (const edge of paths[path]!.edges) users.set(edge, (users.get(edge) ?? 0) + 1);
    }
    let growth = Number.POSITIVE_INFINITY;
    for (const [edge, count] of users) growth = Math.min(growth, spare.get(edge)! / count);
    if (!Number.isFinite(growth)) break;
    const full = new Set<number>();
    for (const [edge, count] of users) {
      const left = spare.get(edge)! - growth * count;
      spare.set(edge, left);
      if (left < 1) full.add(edge);
    }
    for (const path of growing) {
      rates[path]! += growth;
      if (paths[path]!.edges.some((edge) => full.has(edge))) growing.delete(path);
    }
  }
  return rates;
}

/** Rounds by largest remainder; every path keeps at least one share. */
function roundToTotal(exact: readonly number[]): number[] {
  const shares = exact.map((share) => Math.max(Math.floor(share), 1));
  const order = [...exact.keys()].sort((a, b) => remainder(exact[b]!) - remainder(exact[a]!) || a - b);
  let left = exact.length === 0 ? 0 : SHARES_TOTAL - shares.reduce((sum, share) => sum + share, 0);
  for (let turn = 0; left > 0; turn += 1, left -= 1) shares[order[turn % order.length]!]! += 1;
  for (; left < 0; left += 1) shares[shares.indexOf(Math.max(...shares))]! -= 1;
  return shares;
}

function remainder(value: number): number {
  return value - Math.floor(value);
}
