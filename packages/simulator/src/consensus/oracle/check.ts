import type { ConsensusInvariant } from '../invariants.ts';

/** Checks a rule; `detail` says what is wrong when it does not hold. */
export type Check = (name: ConsensusInvariant, holds: boolean, detail: () => string) => void;
