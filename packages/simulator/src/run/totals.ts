import type { SeedResult } from '../simulated-core.ts';

/** What many seeds did together. */
export interface Totals {
  seeds: number;
  failures: number;
  virtualMs: number;
  events: number;
  faults: Record<string, number>;
  checks: Record<string, number>;
  counts: Record<string, number>;
}

export function emptyTotals(): Totals {
  return { seeds: 0, failures: 0, virtualMs: 0, events: 0, faults: {}, checks: {}, counts: {} };
}

export function addResult(totals: Totals, result: SeedResult): void {
  totals.seeds++;
  if (result.failure !== null) totals.failures++;
  totals.virtualMs += result.virtualMs;
  totals.events += result.events;
  for (const { kind } of result.faults) totals.faults[kind] = (totals.faults[kind] ?? 0) + 1;
  addCounts(totals.checks, result.checks);
  addCounts(totals.counts, result.counts);
}

function addCounts(sums: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    // A maximum stays one.
    sums[name] = name.endsWith('Max') ? Math.max(sums[name] ?? 0, count) : (sums[name] ?? 0) + count;
  }
}
