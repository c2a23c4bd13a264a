import { type FaultKind, type ProcessHost, target } from '../nemesis/fault.ts';
import { NETWORK_FAULTS } from '../nemesis/network-faults.ts';
import { PROCESS_FAULTS } from '../nemesis/process-faults.ts';
import type { LinkRule } from '../network/link-rule.ts';
import { splitRule } from '../network/partitions.ts';
import type { SeededRandom } from '../random.ts';
import { type Disturbance, isFairLoss } from './disturbance.ts';
import type { MeshWorld } from './mesh-world.ts';
import { THIEF } from './sim-member.ts';

/** A world under membership faults, and what is true about it. */
export interface MeshHost {
  readonly world: MeshWorld;
  readonly disturbance: Disturbance;
}

/** Faults of one link, and packets that come twice: nobody becomes unreachable. */
const ONE_LINK = new Set(['one-way-cut', 'link-kill', 'flapping-link']);
const FAIR = new Set([...ONE_LINK, 'duplicate']);
const POINTLESS = new Set([
  'lane-kill',
  'constrained-election',
  'relay-only',
  'torn-tail',
  'sector-reorder',
  'power-loss',
]);

const SHARED_FAULTS: readonly FaultKind<ProcessHost>[] = [...NETWORK_FAULTS, ...PROCESS_FAULTS].filter(
  ({ name }) => !POINTLESS.has(name),
);

function side(world: MeshWorld, random: SeededRandom): Set<string> {
  const nodes = random.shuffle(world.nodes());
  return new Set(nodes.slice(0, 1 + random.integer(Math.max(1, nodes.length - 1))));
}

function flip(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let flips = 1 + random.integer(4); flips > 0; flips -= 1)
    copy[random.integer(copy.length)] = random.integer(256);
  return random.chance(0.3) ? copy.subarray(0, random.integer(copy.length)) : copy;
}

const OWN_FAULTS: readonly FaultKind<MeshWorld>[] = [
  {
    name: 'long-split',
    summary: 'two sides hear nothing of each other for up to the whole run',
    durationMs: [20_000, 7_200_000],
    start(world, random, durationMs) {
      world.queue.after(durationMs, world.addRule(splitRule(side(world, random))));
    },
  },
  {
    name: 'death',
    summary: 'a node dies and does not come back until the end',
    durationMs: [10_000, 7_200_000],
    start(world, random, durationMs) {
      const id = target(world, random);
      world.stop(id);
      world.queue.after(durationMs, () => world.start(id));
    },
  },
  {
    name: 'leave-and-return',
    summary: 'a node says farewell, ends, and joins again',
    durationMs: [8_000, 60_000],
    start(world, random, durationMs) {
      const id = target(world, random);
      world.leave(id);
      world.queue.after(durationMs, () => world.start(id));
    },
  },
  {
    name: 'late-receiver',
    summary: 'one node is handed everything 0.6 to 1.2 s late while its timers are on time',
    durationMs: [20_000, 40_000],
    start(world, random, durationMs) {
      const id = target(world, random);
      world.delayReceipt(id, random.between(600, 1_200));
      world.queue.after(durationMs, () => world.delayReceipt(id, 0));
    },
  },
  {
    name: 'thief',
    summary: 'somebody with another key claims the id of a member, at the door and by forged gossip',
    durationMs: [1_000, 2_000],
    start(world, random) {
      const victim = random.pick(world.nodes());
      // Who does not know the victim cannot tell, nor who hears of its farewell before the thief's late message; the others must.
      const canTell = (id: string): boolean =>
        world.member(id).receiveDelayMs === 0 &&
        ['alive', 'suspect'].includes(world.member(id).core.get(victim)?.state ?? '');
      const doors = world.nodes().filter((id) => id === victim || canTell(id));
      if (doors.length === 0) return;
      const door = random.pick(doors);
      const record = { id: victim, address: 'thief', identity: THIEF, metadata: '' };
      const versions = { metadataVersion: 0, versionMin: 1, versionMax: 1 };
      const incarnation = random.integer(40);
      const claim = { kind: 'alive', incarnation, record: { ...record, ...versions } } as const;
      const credential = new Uint8Array(0);
      const claims = [claim];
      const join = world.codec.encode({ type: 'join', meshId: 'simulated', credential, claims });
      world.inject(victim, door, join);
      world.inject(random.pick(world.nodes()), door, world.codec.encode({ type: 'gossip', claims }));
    },
  },
  {
    name: 'garbage',
    summary: 'members and strangers send noise and damaged messages',
    durationMs: [1_000, 10_000],
    start(world, random, durationMs) {
      const endMs = world.queue.nowMs + durationMs;
      const valid = world.codec.encode({ type: 'ping', sequence: 7, target: 'node-0', claims: [] });
      const send = (): void => {
        if (world.queue.nowMs >= endMs) return;
        const from = random.chance(0.5) ? random.pick(world.nodes()) : 'stranger';
        const noise = Uint8Array.from({ length: random.integer(60) }, () => random.integer(256));
        world.inject(from, random.pick(world.nodes()), random.chance(0.5) ? noise : flip(valid, random));
        world.queue.after(random.exponential(50), send);
      };
      send();
    },
  },
];

/** Every kind of fault that a mesh of membership cores goes through. */
export const MESH_FAULTS: readonly {
  readonly name: string;
  readonly summary: string;
  readonly durationMs: readonly [number, number];
}[] = [...SHARED_FAULTS, ...OWN_FAULTS];

const RESTARTS = new Set(['crash', 'power-loss-all', 'crash-loop', 'rolling-restart', 'death', 'leave-and-return']);

/** The faults that leave every process what it knows. */
export const FAULTS_WITHOUT_RESTART = MESH_FAULTS.filter(({ name }) => !RESTARTS.has(name));

/** A world in which rules are weighed as they start. */
class WeighingHost implements ProcessHost {
  readonly #world: MeshWorld;
  readonly #weigh: (rule: LinkRule) => void;

  constructor(world: MeshWorld, weigh: (rule: LinkRule) => void) {
    this.#world = world;
    this.#weigh = weigh;
  }

  get queue(): MeshWorld['queue'] {
    return this.#world.queue;
  }

  nodes(): readonly string[] {
    return this.#world.nodes();
  }

  focus(): readonly string[] {
    return [];
  }

  addRule(rule: LinkRule): () => void {
    this.#weigh(rule);
    return this.#world.addRule(rule);
  }

  isUp(id: string): boolean {
    return this.#world.isUp(id);
  }

  stop(id: string): void {
    this.#world.stop(id);
  }

  start(id: string): void {
    this.#world.start(id);
  }

  pause(id: string, forMs: number): void {
    this.#world.pause(id, forMs);
  }

  slow(id: string, millisecondsPerEvent: number): void {
    this.#world.slow(id, millisecondsPerEvent);
  }
}

/** Starts a fault and says how its rules weigh. @throws RangeError for a fault that is not there */
export function startFault(host: MeshHost, name: string, random: SeededRandom, durationMs: number): void {
  const { world, disturbance } = host;
  const own = OWN_FAULTS.find((fault) => fault.name === name);
  const shared = SHARED_FAULTS.find((fault) => fault.name === name);
  own?.start(world, random, durationMs);
  const fault = {};
  const weigh = (rule: LinkRule): void => {
    if (ONE_LINK.has(name)) disturbance.breaksOneLink(rule, fault);
    const isFair = FAIR.has(name) || (name === 'drop' && isFairLoss(rule.dropRate ?? 1));
    disturbance.weigh(rule, isFair ? 'fair' : 'foul');
  };
  shared?.start(new WeighingHost(world, weigh), random, durationMs);
  if (own === undefined && shared === undefined) throw new RangeError(`there is no fault ${name}`);
}
