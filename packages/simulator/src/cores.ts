import { consensusCore } from './consensus/consensus-core.ts';
import { createRaftCore } from './consensus/raft-core.ts';
import { LINK_CORE } from './link/link-core.ts';
import { membershipCore } from './membership/membership-core.ts';
import { routingCore } from './routing/routing-core.ts';
import type { SimulatedCore } from './simulated-core.ts';

/** Every core that can be simulated. */
export const CORES: readonly SimulatedCore[] = [LINK_CORE, consensusCore(createRaftCore), membershipCore, routingCore];

/** @throws RangeError for a name that is not there */
export function coreNamed(name: string): SimulatedCore {
  const core = CORES.find((candidate) => candidate.name === name);
  if (core === undefined)
    throw new RangeError(`there is no core ${name}: there are ${CORES.map((candidate) => candidate.name).join(', ')}`);
  return core;
}
