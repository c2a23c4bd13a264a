/** A rule that must hold in every state; its text appears in the README and in the report of a failure. */
export interface Invariant {
  readonly name: string;
  readonly statement: string;
}

/** Thrown where a run breaks a rule. */
export class InvariantViolation extends Error {
  readonly invariant: string;

  constructor(invariant: string, detail: string) {
    super(`${invariant}: ${detail}`);
    this.name = 'InvariantViolation';
    this.invariant = invariant;
  }
}

/** Where rules are checked. */
export interface RuleCheck<Name extends string> {
  check(name: Name, holds: boolean, detail: () => string): void;
}

/** The rules of one core; counts how often each was checked, so that a rule that never ran is seen. */
export class InvariantRegistry<Name extends string> implements RuleCheck<Name> {
  readonly #checks = new Map<Name, number>();

  constructor(names: Iterable<Name>) {
    for (const name of names) this.#checks.set(name, 0);
  }

  /** Counts one check of the rule and throws {@link InvariantViolation} when `holds` is false. */
  check(name: Name, holds: boolean, detail: () => string): void {
    this.#checks.set(name, (this.#checks.get(name) ?? 0) + 1);
    if (!holds) throw new InvariantViolation(name, detail());
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#checks);
  }
}
