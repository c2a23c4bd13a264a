import { LANE_KILL, LANE_RESET, NAT_REBIND, REFUSED_DIALS } from '../mesh/connection-faults.ts';
import type { FaultKind } from '../nemesis/fault.ts';
import { NETWORK_FAULTS } from '../nemesis/network-faults.ts';
import { PROCESS_FAULTS } from '../nemesis/process-faults.ts';
import type { NodeWorld } from './world.ts';

export const NODE_FAULTS: readonly FaultKind<NodeWorld>[] = [
  ...NETWORK_FAULTS.filter(({ name }) => name !== LANE_KILL.name),
  ...PROCESS_FAULTS,
  LANE_KILL,
  LANE_RESET,
  NAT_REBIND,
  REFUSED_DIALS,
];
