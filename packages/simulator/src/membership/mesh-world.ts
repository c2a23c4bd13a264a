import { Codec, type MembershipConfig, type MembershipEvent, type Packet } from '@peermesh/membership';
import { EventQueue } from '../event-queue.ts';
import type { ProcessHost, StopStyle } from '../nemesis/fault.ts';
import type { LinkRule } from '../network/link-rule.ts';
import type { SeededRandom } from '../random.ts';
import { MeshNetwork, type MeshNetworkProfile } from './mesh-network.ts';
import { identityOf, SimMember, startCore } from './sim-member.ts';

/** What watches a world: each method is called as it happens. */
export interface MeshWatcher {
  onEvent(observer: SimMember, event: MembershipEvent, nowMs: number): void;
  onPacket(from: SimMember, packet: Packet, nowMs: number): void;
  onThrow(node: SimMember, cause: unknown): void;
  onRule(rule: LinkRule, isStart: boolean, nowMs: number): void;
  onLateReceiver(isStart: boolean, nowMs: number): void;
}

export interface MeshWorldOptions {
  readonly nodes: number;
  readonly config: MembershipConfig;
  readonly network: MeshNetworkProfile;
  readonly random: SeededRandom;
  readonly watcher: MeshWatcher;
  /** Seeds are there for joining nodes only. */
  readonly areSeedsGone?: boolean;
}

const SEEDS_ASKED = 3;
const READ_MS = 0.01;
const NO_CREDENTIAL = new Uint8Array(0);

/** Membership cores as processes on a simulated network, in virtual time. */
export class MeshWorld implements ProcessHost {
  readonly queue = new EventQueue();
  readonly codec = new Codec();
  readonly network: MeshNetwork;
  readonly #options: MeshWorldOptions;
  readonly #random: SeededRandom;
  readonly #members = new Map<string, SimMember>();
  #ids: readonly string[] = [];
  /** Steps of cores, for speed. */
  steps = 0;

  constructor(options: MeshWorldOptions) {
    this.#options = options;
    this.#random = options.random;
    this.network = new MeshNetwork(this.queue, options.random.fork('network'), options.network, (from, to, bytes) =>
      this.#arrive(from, to, bytes),
    );
    for (let index = 0; index < options.nodes; index += 1) this.add(`node-${index}`, 0);
  }

  nodes(): readonly string[] {
    return this.#ids;
  }

  focus(): readonly string[] {
    return [];
  }

  members(): IterableIterator<SimMember> {
    return this.#members.values();
  }

  member(id: string): SimMember {
    const member = this.#members.get(id);
    if (member === undefined) throw new RangeError(`there is no node ${id}`);
    return member;
  }

  isUp(id: string): boolean {
    return this.member(id).isUp;
  }

  /** A new process that knows nobody; `join` it. An own identity makes it an impostor. */
  add(id: string, incarnation: number, identity?: string): SimMember {
    const { config } = this.#options;
    const random = this.#random.fork(id);
    const core = startCore(id, config, random, this.queue.nowMs, incarnation, identity);
    const member = new SimMember(id, identity ?? identityOf(id), random, core);
    this.#members.set(id, member);
    if (identity === undefined) this.#ids = [...this.#ids, id];
    this.#collect(member);
    return member;
  }

  /** Forms the mesh: everybody asks the first nodes, at times spread over `overMs`. */
  form(overMs: number): void {
    for (const member of this.members()) {
      this.queue.after(this.#random.between(0, overMs), () => this.join(member));
    }
  }

  join(member: SimMember): void {
    const others = this.#ids.filter((id) => id !== member.id);
    const seeds = [...others.slice(0, 1), ...this.#random.shuffle(others).slice(0, SEEDS_ASKED - 1)];
    this.#run(member, () => member.core.join(seeds, NO_CREDENTIAL, this.queue.nowMs));
  }

  leave(id: string): void {
    const member = this.member(id);
    if (!member.isRunning) return;
    member.disturbedAtMs = this.queue.nowMs;
    member.hasLeft = true;
    this.#run(member, () => member.core.leave(this.queue.nowMs));
  }

  stop(id: string, _style: StopStyle = 'kill'): void {
    const member = this.member(id);
    if (!member.isUp) return;
    member.isUp = false;
    member.life += 1;
    member.downSinceMs = this.queue.nowMs;
    member.disturbedAtMs = this.queue.nowMs;
  }

  /** Starts a stopped process again; half of the time it has forgotten its incarnation, always everybody else's. */
  start(id: string): void {
    const member = this.member(id);
    if (member.isUp && !(member.hasLeft && member.core.status === 'left')) return;
    const kept = member.random.chance(0.5) ? member.incarnationMax : 0;
    member.life += 1;
    member.core = startCore(id, this.#options.config, member.random, this.queue.nowMs, kept);
    member.isUp = true;
    member.hasLeft = false;
    member.downSinceMs = Number.NaN;
    member.busyUntilMs = 0;
    member.disturbedAtMs = this.queue.nowMs;
    this.#collect(member);
    this.join(member);
  }

  pause(id: string, forMs: number): void {
    const member = this.member(id);
    member.busyUntilMs = Math.max(member.busyUntilMs, this.queue.nowMs + forMs);
    member.disturbedAtMs = Math.max(member.disturbedAtMs, member.busyUntilMs);
  }

  slow(id: string, millisecondsPerEvent: number): void {
    const member = this.member(id);
    member.costMs = millisecondsPerEvent;
    member.disturbedAtMs = millisecondsPerEvent > 0 ? Number.POSITIVE_INFINITY : this.queue.nowMs;
  }

  /** Whatever arrives at the node is handed over that much later from now on; 0 ends it. */
  delayReceipt(id: string, byMs: number): void {
    const member = this.member(id);
    if (member.receiveDelayMs > 0 !== byMs > 0) this.#options.watcher.onLateReceiver(byMs > 0, this.queue.nowMs);
    member.receiveDelayMs = byMs;
    member.lateSinceMs = this.queue.nowMs;
    member.accusations = [];
    member.disturbedAtMs = this.queue.nowMs;
  }

  addRule(rule: LinkRule): () => void {
    const end = this.network.addRule(rule);
    this.#options.watcher.onRule(rule, true, this.queue.nowMs);
    return () => {
      this.#options.watcher.onRule(rule, false, this.queue.nowMs);
      end();
    };
  }

  /** Hands bytes to a core as if a peer had sent them. */
  inject(from: string, to: string, bytes: Uint8Array): void {
    this.#arrive(from, to, bytes);
  }

  #arrive(from: string, to: string, bytes: Uint8Array): void {
    const member = this.#members.get(to);
    if (member === undefined || !member.isUp) return;
    if (member.receiveDelayMs === 0) this.#handle(member, () => member.core.step(from, bytes, this.queue.nowMs));
    else {
      this.queue.after(member.receiveDelayMs, () => {
        if (member.isUp) this.#handle(member, () => member.core.step(from, bytes, this.queue.nowMs));
      });
    }
  }

  /** Runs now, or when the process gets to it: an event loop that was held up runs its timers before it reads. */
  #handle(member: SimMember, act: () => void, isTimer = false): void {
    const { nowMs } = this.queue;
    if (member.busyUntilMs <= nowMs && member.costMs === 0) {
      this.#run(member, act);
      return;
    }
    const { life } = member;
    const atMs = Math.max(nowMs, member.busyUntilMs) + (isTimer ? 0 : Math.max(READ_MS, member.costMs));
    if (member.costMs > 0) member.busyUntilMs = atMs;
    this.queue.at(atMs, () => {
      if (member.life !== life) return;
      this.#noteLag(member, this.queue.nowMs - nowMs);
      this.#run(member, act);
    });
  }

  /** What `monitorEventLoopDelay` would tell the host, over windows of a second. */
  #noteLag(member: SimMember, lagMs: number): void {
    if (lagMs < 20 || lagMs <= member.lagMs) return;
    member.lagMs = lagMs;
    member.core.setObserverHealth({ eventLoopDelayMs: lagMs });
    this.queue.after(1_000, () => {
      member.lagMs = 0;
      member.core.setObserverHealth({ eventLoopDelayMs: 0 });
    });
  }

  #run(member: SimMember, act: () => void): void {
    this.steps += 1;
    try {
      act();
    } catch (cause) {
      this.#options.watcher.onThrow(member, cause);
    }
    this.#collect(member);
  }

  #collect(member: SimMember): void {
    const { packets, events, nextTickAtMs } = member.core.takeReady();
    const { watcher } = this.#options;
    const { nowMs } = this.queue;
    member.incarnationMax = Math.max(member.incarnationMax, member.core.incarnation);
    for (const event of events) watcher.onEvent(member, event, nowMs);
    for (const packet of packets) {
      if (packet.to === undefined && this.#options.areSeedsGone === true && !member.core.isJoining) continue;
      watcher.onPacket(member, packet, nowMs);
      this.network.send(member.id, packet.to ?? packet.address, packet);
    }
    if (member.plannedTickMs === nextTickAtMs || nextTickAtMs === Number.POSITIVE_INFINITY) return;
    member.plannedTickMs = nextTickAtMs;
    const { life } = member;
    this.queue.at(nextTickAtMs, () => {
      if (member.life !== life || member.plannedTickMs !== nextTickAtMs) return;
      member.plannedTickMs = Number.NaN;
      this.#handle(member, () => member.core.tick(this.queue.nowMs), true);
    });
  }
}
