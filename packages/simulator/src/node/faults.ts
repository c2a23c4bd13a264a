import { laneOfWire } from '../mesh/wires.ts';
import { type FaultKind, target } from '../nemesis/fault.ts';
import { NETWORK_FAULTS } from '../nemesis/network-faults.ts';
import { PROCESS_FAULTS } from '../nemesis/process-faults.ts';
import type { NodeWorld } from './world.ts';

type Kind = FaultKind<NodeWorld>;

/** Breaks connections of a node for which `isHit` holds. */
function breakSockets(world: NodeWorld, name: string, isTold: boolean, isHit: (lane: number) => boolean): void {
  const node = world.node(name);
  for (const [connection, { lane }] of node.sockets?.open ?? [])
    if (isHit(lane)) node.act(() => node.sockets?.broke(connection, isTold, node.nowMs));
}

const OWN_FAULTS: readonly Kind[] = [
  {
    name: 'lane-kill',
    summary: 'one lane of a link is dead, the others work',
    durationMs: [1_000, 15_000],
    start(world, random, durationMs) {
      const left = target(world, random);
      const ends = new Set([left, random.pick(world.nodes().filter((node) => node !== left))]);
      const dead = random.integer(world.shape.lanes);
      const appliesTo = (from: string, to: string, wire: number): boolean =>
        ends.has(from) && ends.has(to) && laneOfWire(wire) === dead;
      world.queue.after(durationMs, world.addRule({ appliesTo, isCut: true }));
    },
  },
  {
    name: 'lane-reset',
    summary: 'one connection of a node is reset',
    durationMs: [1, 1],
    start(world, random) {
      const lane = random.integer(world.shape.lanes);
      breakSockets(world, target(world, random), true, (of) => of === lane);
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
];

export const NODE_FAULTS: readonly Kind[] = [
  ...NETWORK_FAULTS.filter(({ name }) => name !== 'lane-kill'),
  ...PROCESS_FAULTS,
  ...OWN_FAULTS,
];
