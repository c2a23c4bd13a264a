import { createMembership, type Membership, type MembershipConfig } from '@peermesh/membership';
import type { SeededRandom } from '../random.ts';

/** One simulated process with a membership core in it. */
export class SimMember {
  readonly id: string;
  readonly identity: string;
  readonly random: SeededRandom;
  core: Membership;
  isUp = true;
  /** Left of its own will, and not started since. */
  hasLeft = false;
  /** Grows with every start, so that timers and messages of an older life are ignored. */
  life = 0;
  plannedTickMs = Number.NaN;
  /** Nothing is handled before. */
  busyUntilMs = 0;
  costMs = 0;
  lagMs = 0;
  /** Extra time until a packet that arrived is handed over. */
  receiveDelayMs = 0;
  /** The last time at which this process was stopped, paused or slow. */
  disturbedAtMs = Number.NEGATIVE_INFINITY;
  downSinceMs = Number.NaN;
  /** The highest incarnation of all its lives. */
  incarnationMax = 0;
  /** When `receiveDelayMs` began, and the times at which it accused somebody since. */
  lateSinceMs = 0;
  accusations: number[] = [];
  /** Packets sent since then. */
  windowAtMs = 0;
  windowPackets = 0;

  constructor(id: string, identity: string, random: SeededRandom, core: Membership) {
    this.id = id;
    this.identity = identity;
    this.random = random;
    this.core = core;
  }

  get isRunning(): boolean {
    return this.isUp && !this.hasLeft;
  }
}

/** Whose key may join. */
/** Somebody whom the list lets in, under whatever id. */
export const THIEF = 'key-of-thief';

const ADMISSION = {
  policy: 'CLOSED',
  checkKey: () => true,
  isListed: ({ id, identity }: { readonly id: string; readonly identity: string }) =>
    identity === identityOf(id) || identity === THIEF,
} as const;

export function identityOf(id: string): string {
  return `key-of-${id}`;
}

/** A fresh core for a node, as a host makes it at start. */
export function startCore(
  id: string,
  config: MembershipConfig,
  random: SeededRandom,
  now: number,
  incarnation: number,
  identity: string = identityOf(id),
): Membership {
  return createMembership({
    meshId: 'simulated',
    self: { id, address: id, identity, incarnation, metadata: 'zone=a' },
    config,
    random: random.next,
    now,
    admission: ADMISSION,
  });
}
