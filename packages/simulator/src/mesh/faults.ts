import { type FaultKind, target } from '../nemesis/fault.ts';
import { NETWORK_FAULTS } from '../nemesis/network-faults.ts';
import { PROCESS_FAULTS } from '../nemesis/process-faults.ts';
import { breakSockets, LANE_KILL, LANE_RESET, NAT_REBIND, pair, REFUSED_DIALS } from './connection-faults.ts';
import type { MeshWorld } from './world.ts';

type Kind = FaultKind<MeshWorld>;

const ADMISSION_EVERY_MS = 50;

/** Faults of connections and of membership. All have ended after their duration. */
const OWN_FAULTS: readonly Kind[] = [
  LANE_KILL,
  {
    name: 'connection-reset',
    summary: 'all connections between two nodes are reset',
    durationMs: [1, 1],
    start(world, random) {
      const [left, right] = pair(world, random);
      breakSockets(world, left, true, (peer) => peer === right);
    },
  },
  LANE_RESET,
  NAT_REBIND,
  REFUSED_DIALS,
  {
    name: 'drain',
    summary: 'a node is drained and taken back',
    durationMs: [2_000, 15_000],
    start(world, random, durationMs) {
      const node = world.node(target(world, random));
      world.setDraining(node, true);
      world.queue.after(durationMs, () => world.setDraining(node, false));
    },
  },
  {
    name: 'eviction',
    summary: 'a node is removed from the mesh, hears of it, and is admitted again',
    durationMs: [2_000, 15_000],
    start(world, random, durationMs) {
      const node = world.node(target(world, random));
      if (world.evicted.size > 0) return;
      world.setMember(node, false);
      // Only who knows that it was removed asks to be admitted; one that was down meanwhile begins anew.
      const { life } = node;
      const admit = (): void => {
        if (node.life === life && node.isOwnMember) world.queue.after(ADMISSION_EVERY_MS, admit);
        else world.setMember(node, true);
      };
      world.queue.after(durationMs, admit);
    },
  },
];

export const MESH_FAULTS: readonly Kind[] = [
  ...NETWORK_FAULTS.filter(({ name }) => name !== 'lane-kill'),
  ...PROCESS_FAULTS,
  ...OWN_FAULTS,
];
