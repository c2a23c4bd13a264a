import type { SeedFailure, SeedOptions, SeedResult, SimulatedCore } from '../simulated-core.ts';

/** The smallest run found that breaks the same rule. */
export interface Shrunk {
  readonly options: SeedOptions;
  readonly result: SeedResult;
  readonly failure: SeedFailure;
  readonly runs: number;
}

/**
 * Shortens a failing run: ends it at the failure, then leaves out faults, halves first (Zeller's delta debugging), as long
 * as the same invariant falls.
 */
export function shrink(
  core: Pick<SimulatedCore, 'runSeed'>,
  failing: SeedResult & { readonly failure: SeedFailure },
  { runsMax = 60, deadlineMs = 30_000, elapsedMs = () => performance.now() } = {},
): Shrunk {
  const startedAtMs = elapsedMs();
  let runs = 0;
  let best: Shrunk = { options: {}, result: failing, failure: failing.failure, runs };
  const attempt = (options: SeedOptions): boolean => {
    if (runs >= runsMax || elapsedMs() - startedAtMs > deadlineMs) return false;
    runs++;
    const result = core.runSeed(failing.seed, options);
    if (result.failure?.invariant !== failing.failure.invariant) return false;
    best = { options, result, failure: result.failure, runs };
    return true;
  };
  const endOf = ({ atMs }: SeedFailure): number => Math.ceil(atMs) + 1;
  attempt({ untilMs: endOf(failing.failure) });
  let kept = failing.faults.filter(({ atMs }) => atMs <= failing.failure.atMs).map(({ index }) => index);
  const options = (faults: readonly number[]): SeedOptions => ({ ...best.options, faults });
  if (attempt(options([]))) kept = [];
  let size = Math.ceil(kept.length / 2);
  while (kept.length > 0 && size >= 1) {
    let hasRemoved = false;
    for (let start = 0; start < kept.length; ) {
      const candidate = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (attempt(options(candidate))) {
        kept = candidate;
        hasRemoved = true;
      } else start += size;
    }
    if (size === 1 && !hasRemoved) break;
    size = Math.max(1, Math.floor(size / 2));
  }
  if (best.options.faults === undefined) attempt(options(kept));
  if (best.options.untilMs !== undefined) attempt({ ...best.options, untilMs: endOf(best.failure) });
  return { ...best, runs };
}
