/** A bug put back on purpose: the simulation has to find it, or the simulation is not worth its name. */
export interface Mutant {
  readonly id: string;
  /** Where this bug has been seen: an issue, a paper, or the rule of the protocol that it breaks. */
  readonly provenance: string;
  /** The simulated core whose seeds must find it. */
  readonly core: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Text that occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  readonly seedsMax: number;
}

/** What became of one mutant. */
export type MutantVerdict =
  | {
      readonly id: string;
      readonly verdict: 'killed';
      readonly invariant: string;
      readonly seed: number;
      readonly seconds: number;
    }
  | { readonly id: string; readonly verdict: 'survived'; readonly seeds: number; readonly seconds: number }
  | { readonly id: string; readonly verdict: 'broken'; readonly reason: string };

/** The source with the bug in it. @throws when the text to replace is not there exactly once */
export function mutate(mutant: Mutant, source: string): string {
  const first = source.indexOf(mutant.find);
  if (first === -1) throw new Error(`${mutant.id}: its text is not in ${mutant.file}`);
  if (source.includes(mutant.find, first + 1))
    throw new Error(`${mutant.id}: its text is in ${mutant.file} more than once`);
  return source.slice(0, first) + mutant.replace + source.slice(first + mutant.find.length);
}
