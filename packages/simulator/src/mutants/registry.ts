import { CONSENSUS_MUTANTS } from './consensus-mutants.ts';
import { CONTROL_MUTANTS } from './control-mutants.ts';
import { HOST_MUTANTS } from './host-mutants.ts';
import { LINK_MUTANTS } from './link-mutants.ts';
import { MEMBERSHIP_MUTANTS } from './membership-mutants.ts';
import type { Mutant } from './mutant.ts';
import { NODE_MUTANTS } from './node-mutants.ts';
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
  ...NODE_MUTANTS,
];

/** @throws RangeError for an id that is not there */
export function mutantNamed(id: string): Mutant {
  const mutant = MUTANTS.find((candidate) => candidate.id === id);
  if (mutant === undefined) throw new RangeError(`there is no mutant ${id}`);
  return mutant;
}

/** @param selection `all`, or ids with commas between them. @throws RangeError for an id that is not there */
export function selectMutants(selection: string): readonly Mutant[] {
  return selection === 'all' ? MUTANTS : selection.split(',').map(mutantNamed);
}
