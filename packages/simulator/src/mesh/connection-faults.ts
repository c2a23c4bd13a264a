import { type FaultKind, type NetworkHost, target } from '../nemesis/fault.ts';
import type { SeededRandom } from '../random.ts';
import type { Sockets } from './sockets.ts';
import { laneOfWire } from './wires.ts';

/** A world whose nodes have connections that break. */
export interface ConnectionHost extends NetworkHost {
  readonly lanes: number;
  node(name: string): {
    readonly sockets: Sockets | null;
    readonly nowMs: number;
    refusesDials: boolean;
    act(work: () => void): void;
  };
}

type Kind = FaultKind<ConnectionHost>;

/** Two nodes. */
export function pair(world: ConnectionHost, random: SeededRandom): [string, string] {
  const left = target(world, random);
  return [left, random.pick(world.nodes().filter((node) => node !== left))];
}

/** Breaks connections of a node for which `isHit` holds. */
export function breakSockets(
  world: ConnectionHost,
  name: string,
  isTold: boolean,
  isHit: (peer: string, lane: number) => boolean,
): void {
  const node = world.node(name);
  for (const [connection, { peer, lane }] of node.sockets?.open ?? [])
    if (isHit(peer, lane)) node.act(() => node.sockets?.broke(connection, isTold, node.nowMs));
}

export const LANE_KILL: Kind = {
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
};

export const LANE_RESET: Kind = {
  name: 'lane-reset',
  summary: 'one connection of a node is reset',
  durationMs: [1, 1],
  start(world, random) {
    const lane = random.integer(world.lanes);
    breakSockets(world, target(world, random), true, (_peer, of) => of === lane);
  },
};

export const NAT_REBIND: Kind = {
  name: 'nat-rebind',
  summary: 'all connections of a node die without a word',
  durationMs: [1, 1],
  start: (world, random) => breakSockets(world, target(world, random), false, () => true),
};

export const REFUSED_DIALS: Kind = {
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
};
