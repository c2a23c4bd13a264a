import { readFileSync, writeFileSync } from 'node:fs';
import type { MutantVerdict } from './mutant.ts';

/** By id of the mutant: the lowest seed that found it when last all were gone through. */
export type KnownSeeds = Readonly<Record<string, number>>;

const FILE = new URL('known-seeds.json', import.meta.url);

export function readKnownSeeds(): KnownSeeds {
  return JSON.parse(readFileSync(FILE, 'utf8')) as KnownSeeds;
}

/** Keeps the seeds of those that were killed; what is known of others stays. */
export function recordKnownSeeds(verdicts: readonly MutantVerdict[]): void {
  const found = verdicts.flatMap((verdict) => (verdict.verdict === 'killed' ? [[verdict.id, verdict.seed]] : []));
  const all = Object.entries({ ...readKnownSeeds(), ...Object.fromEntries(found) });
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`);
}
