import { CONSENSUS_MUTANTS } from './consensus-mutants.ts';
import { CONTROL_MUTANTS } from './control-mutants.ts';
import { HOST_MUTANTS } from './host-mutants.ts';
import { LINK_MUTANTS } from './link-mutants.ts';
import { MEMBERSHIP_MUTANTS } from './membership-mutants.ts';
import type { Mutant } from './mutant.ts';
import { OVERLAY_MUTANTS } from './overlay-mutants.ts';
import { ROUTING_MUTANTS } from './routing-mutants.ts';

/** Every seeded bug, by core. */
export const MUTANTS: readonly Mutant[] = [
  ...LINK_MUTANTS,
  ...CONSENSUS_MUTANTS,
  ...MEMBERSHIP_MUTANTS,
  ...ROUTING_MUTANTS,
  ...HOST_MUTANTS,
  ...CONTROL_MUTANTS,
  ...OVERLAY_MUTANTS,
];

/** @throws RangeError for an id that is not there */
export function mutantNamed(id: string): Mutant {
  const mutant = MUTANTS.find((candidate) => candidate.id === id);
  if (mutant === undefined) throw new RangeError(`there is no mutant ${id}`);
  return mutant;
}

/** `all`, ids, or `rotate:N`: N of those that show soon, others each day, so that a week of gates has run them all. */
export function selectMutants(selection: string, day: number): readonly Mutant[] {
  const count = /^rotate:(\d+)$/.exec(selection)?.[1];
  if (count === undefined) return selection === 'all' ? MUTANTS : selection.split(',').map(mutantNamed);
  const quick = MUTANTS.filter(({ isSlow }) => isSlow !== true);
  const size = Math.min(Number(count), quick.length);
  return Array.from({ length: size }, (_, index) => quick[(day * size + index) % quick.length] as Mutant);
}
