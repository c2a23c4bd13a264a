import { NodeFlag } from '@peermesh/routing';
import { type FaultKind, target } from '../nemesis/fault.ts';
import type { RoutingWorld } from './routing-world.ts';

type Kind = FaultKind<RoutingWorld>;

/** Faults that only a routing protocol has. All have ended after their duration. */
export const ROUTING_FAULTS: readonly Kind[] = [
  {
    name: 'cut-cable',
    summary: 'one physical link is dead',
    durationMs: [500, 30_000],
    start(world, random, durationMs) {
      const { a, b } = random.pick(world.links());
      const ends = new Set([`n${a}`, `n${b}`]);
      const appliesTo = (from: string, to: string): boolean => ends.has(from) && ends.has(to);
      world.queue.after(durationMs, world.addRule({ appliesTo, isCut: true }));
    },
  },
  {
    name: 'flapping-cable',
    summary: 'one physical link dies and comes back up to twice a second',
    durationMs: [5_000, 40_000],
    start(world, random, durationMs) {
      const { a, b } = random.pick(world.links());
      const ends = new Set([`n${a}`, `n${b}`]);
      const appliesTo = (from: string, to: string): boolean => ends.has(from) && ends.has(to);
      const endMs = world.queue.nowMs + durationMs;
      const flap = (): void => {
        if (world.queue.nowMs >= endMs) return;
        const lengthMs = Math.min(random.between(350, 900), endMs - world.queue.nowMs);
        const restore = world.addRule({ appliesTo, isCut: true });
        world.queue.after(lengthMs, () => {
          restore();
          world.queue.after(random.between(350, 900), flap);
        });
      };
      flap();
    },
  },
  {
    name: 'drain',
    summary: 'a node is drained and taken back',
    durationMs: [2_000, 30_000],
    start(world, random, durationMs) {
      const node = target(world, random);
      world.setFlags(node, NodeFlag.RELAY | NodeFlag.DRAIN);
      world.queue.after(durationMs, () => world.setFlags(node, NodeFlag.RELAY));
    },
  },
  {
    name: 'overload',
    summary: 'a node asks to be used as a last resort',
    durationMs: [2_000, 30_000],
    start(world, random, durationMs) {
      const node = target(world, random);
      world.setFlags(node, NodeFlag.RELAY | NodeFlag.OVERLOAD);
      world.queue.after(durationMs, () => world.setFlags(node, NodeFlag.RELAY));
    },
  },
  {
    name: 'metric-storm',
    summary: 'the latencies of all links of a node jump about ten times a second',
    durationMs: [2_000, 20_000],
    start(world, random, durationMs) {
      const node = target(world, random);
      const { id } = world.node(node);
      const endMs = world.queue.nowMs + durationMs;
      const storm = (): void => {
        const isOver = world.queue.nowMs >= endMs;
        for (const { a, b, latencyUs } of world.links()) {
          if (a !== id && b !== id) continue;
          world.measure(node, a === id ? b : a, isOver ? latencyUs : 1_000 + random.integer(200_000));
        }
        if (!isOver) world.queue.after(100, storm);
      };
      storm();
    },
  },
  {
    name: 'lost-epoch',
    summary: 'a node comes back without its boot epoch',
    durationMs: [200, 8_000],
    start(world, random, durationMs) {
      const node = target(world, random);
      world.wipe(node);
      world.queue.after(durationMs, () => world.start(node));
    },
  },
  {
    name: 'eviction',
    summary: 'a node is removed from the mesh and admitted again',
    durationMs: [5_000, 40_000],
    start(world, random, durationMs) {
      const node = target(world, random);
      world.setMember(node, false);
      world.queue.after(durationMs, () => world.setMember(node, true));
    },
  },
  {
    name: 'forgery',
    summary: 'replayed, altered, forged and garbled advertisements, twenty a second',
    durationMs: [2_000, 30_000],
    start(world, _random, durationMs) {
      const endMs = world.queue.nowMs + durationMs;
      const strike = (): void => {
        if (world.queue.nowMs >= endMs) return;
        world.adversary.strike();
        world.queue.after(50, strike);
      };
      strike();
    },
  },
];
