import { type FaultKind, target } from '../nemesis/fault.ts';
import { NETWORK_FAULTS } from '../nemesis/network-faults.ts';
import { PROCESS_FAULTS } from '../nemesis/process-faults.ts';
import type { SeededRandom } from '../random.ts';
import { laneOfWire } from './wires.ts';
import type { MeshWorld } from './world.ts';

type Kind = FaultKind<MeshWorld>;

const ADMISSION_EVERY_MS = 50;

function pair(world: MeshWorld, random: SeededRandom): [string, string] {
  const left = target(world, random);
  return [left, random.pick(world.nodes().filter((node) => node !== left))];
}

/** Breaks connections of a node for which `isHit` holds. */
function breakSockets(
  world: MeshWorld,
  name: string,
  isTold: boolean,
  isHit: (peer: string, lane: number) => boolean,
): void {
  const node = world.node(name);
  for (const [connection, { peer, lane }] of node.sockets?.open ?? [])
    if (isHit(peer, lane)) node.act(() => node.sockets?.broke(connection, isTold, node.nowMs));
}

/** Faults of connections and of membership. All have ended after their duration. */
const OWN_FAULTS: readonly Kind[] = [
  {
    name: 'lane-kill',
    summary: 'one lane of a link is dead, the others work',
    durationMs: [1_000, 15_000],
    start(world, random, durationMs) {
      const ends = new Set(pair(world, random));
      const dead = random.integer(world.lanes);
      const appliesTo = (from: string, to: string, wire: number): boolean =>
        ends.has(from) && ends.has(to) && laneOfWire(wire) === dead;
      world.queue.after(durationMs, world.addRule({ appliesTo, isCut: true }));
    },
  },
  {
    name: 'connection-reset',
    summary: 'all connections between two nodes are reset',
    durationMs: [1, 1],
    start(world, random) {
      const [left, right] = pair(world, random);
      breakSockets(world, left, true, (peer) => peer === right);
    },
  },
  {
    name: 'lane-reset',
    summary: 'one connection of a node is reset',
    durationMs: [1, 1],
    start(world, random) {
      const lane = random.integer(world.lanes);
      breakSockets(world, target(world, random), true, (_peer, of) => of === lane);
    },
  },
  {
    name: 'nat-rebind',
    summary: 'all connections of a node die without a word',
    durationMs: [1, 1],
    start: (world, random) => breakSockets(world, target(world, random), false, () => true),
  },
  {
    name: 'refused-dials',
    summary: 'a node accepts no new connections',
    durationMs: [1_000, 20_000],
    start(world, random, durationMs) {
      const node = world.node(target(world, random));
      node.refusesDials = true;
      world.queue.after(durationMs, () => {
        node.refusesDials = false;
      });
    },
  },
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
