import { consensusCore } from './consensus/consensus-core.ts';
import { createHostCore } from './consensus/host-core.ts';
import { createRaftCore } from './consensus/raft-core.ts';
import { CONTROL_CORE } from './control/control-core.ts';
import { LINK_CORE } from './link/link-core.ts';
import { membershipCore } from './membership/membership-core.ts';
import { MESH_CORE } from './mesh/mesh-core.ts';
import { NODE_CORE } from './node/node-core.ts';
import { routingCore } from './routing/routing-core.ts';
import type { SimulatedCore } from './simulated-core.ts';

const GROUPS_CORE: SimulatedCore = {
  ...consensusCore(createHostCore),
  name: 'groups',
  summary: 'the same replicas in a host of many groups: encoded frames, and silence when nobody asks for anything',
};

/** Every core that can be simulated. */
export const CORES: readonly SimulatedCore[] = [
  LINK_CORE,
  consensusCore(createRaftCore),
  GROUPS_CORE,
  CONTROL_CORE,
  membershipCore,
  routingCore,
  MESH_CORE,
  NODE_CORE,
];

/** @throws RangeError for a name that is not there */
export function coreNamed(name: string): SimulatedCore {
  const core = CORES.find((candidate) => candidate.name === name);
  if (core === undefined)
    throw new RangeError(`there is no core ${name}: there are ${CORES.map((candidate) => candidate.name).join(', ')}`);
  return core;
}
