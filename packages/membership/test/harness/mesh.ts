import {
  createMembership,
  MEMBERSHIP_PRESETS,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
  type Packet,
} from '../../src/index.ts';
import { seededRandom } from './seeded-random.ts';

interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

interface MeshNode {
  core: Membership;
  readonly events: MembershipEvent[];
  isUp: boolean;
  stalledUntilMs: number;
  tickAtMs: number;
}

/** Some cores, a network with a fixed delay, and virtual time. */
export class TestMesh {
  readonly nodes = new Map<string, MeshNode>();
  readonly random: () => number;
  nowMs = 0;
  lossRate = 0;
  latencyMs = 5;
  /** Whether packets pass from one node to another. */
  passes: (from: string, to: string, packet: Packet) => boolean = () => true;
  readonly #queue: Scheduled[] = [];
  #order = 0;

  constructor(seed = 1) {
    this.random = seededRandom(seed);
  }

  add(id: string, options: Partial<MembershipOptions> & { identity?: string; incarnation?: number } = {}): Membership {
    const { identity = `key-${id}`, incarnation = 0, ...rest } = options;
    const core = createMembership({
      meshId: 'test',
      self: { id, address: `${id}:1`, identity, incarnation },
      config: MEMBERSHIP_PRESETS.lan,
      random: seededRandom(Math.floor(this.random() * 2 ** 32)),
      now: this.nowMs,
      ...rest,
    });
    const node = { core, events: [], isUp: true, stalledUntilMs: 0, tickAtMs: Number.POSITIVE_INFINITY };
    this.nodes.set(id, node);
    this.flush(id);
    return core;
  }

  /** Nodes n0 … in one mesh that agree on their view. */
  form(count: number, options: Partial<MembershipOptions> = {}): Membership[] {
    const cores = Array.from({ length: count }, (_, index) => this.add(`n${index}`, options));
    for (let index = 1; index < count; index += 1) this.join(`n${index}`, 'n0');
    this.runUntil(() => cores.every((core) => core.activeCount === count), 30_000);
    return cores;
  }

  core(id: string): Membership {
    return this.node(id).core;
  }

  node(id: string): MeshNode {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  }

  join(id: string, ...seeds: string[]): void {
    this.call(id, (core) =>
      core.join(
        seeds.map((seed) => `${seed}:1`),
        new Uint8Array(0),
        this.nowMs,
      ),
    );
  }

  /** Calls a core and takes what it wants done. */
  call(id: string, act: (core: Membership) => void): void {
    act(this.core(id));
    this.flush(id);
  }

  /** The node does nothing for that long; messages and timers wait. */
  stall(id: string, forMs: number): void {
    this.node(id).stalledUntilMs = this.nowMs + forMs;
  }

  events(id: string, type: MembershipEvent['type']): MembershipEvent[] {
    return this.node(id).events.filter((event) => event.type === type);
  }

  allEvents(type: MembershipEvent['type']): MembershipEvent[] {
    return [...this.nodes.keys()].flatMap((id) => this.events(id, type));
  }

  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    while (this.#step(untilMs));
    this.nowMs = untilMs;
  }

  /** Runs until the condition holds. @throws when it does not hold in time. @returns how long it took. */
  runUntil(condition: () => boolean, withinMs: number): number {
    const startedAtMs = this.nowMs;
    while (!condition()) {
      if (!this.#step(startedAtMs + withinMs)) throw new Error(`not within ${withinMs} ms: ${condition}`);
    }
    return this.nowMs - startedAtMs;
  }

  flush(id: string): void {
    const node = this.node(id);
    const { packets, events, nextTickAtMs } = node.core.takeReady();
    node.events.push(...events);
    for (const packet of packets) this.#send(id, packet);
    if (nextTickAtMs === node.tickAtMs || nextTickAtMs === Number.POSITIVE_INFINITY) return;
    node.tickAtMs = nextTickAtMs;
    this.#at(nextTickAtMs, () => this.#tick(id, nextTickAtMs));
  }

  #tick(id: string, plannedMs: number): void {
    const node = this.node(id);
    if (!node.isUp || node.tickAtMs !== plannedMs) return;
    if (node.stalledUntilMs > this.nowMs) return this.#at(node.stalledUntilMs, () => this.#tick(id, plannedMs));
    node.tickAtMs = Number.NaN;
    node.core.tick(this.nowMs);
    this.flush(id);
  }

  #send(from: string, packet: Packet): void {
    const to = packet.to ?? packet.address.split(':')[0] ?? '';
    if (!this.nodes.has(to) || !this.passes(from, to, packet)) return;
    if (!packet.isReliable && this.random() < this.lossRate) return;
    this.#at(this.nowMs + this.latencyMs, () => this.#deliver(from, to, packet));
  }

  #deliver(from: string, to: string, packet: Packet): void {
    const node = this.node(to);
    if (!node.isUp) return;
    if (node.stalledUntilMs > this.nowMs) {
      return this.#at(node.stalledUntilMs, () => this.#deliver(from, to, packet));
    }
    node.core.step(from, packet.bytes, this.nowMs);
    this.flush(to);
  }

  #at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, run };
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#queue[middle] as Scheduled;
      if (other.atMs > event.atMs || (other.atMs === event.atMs && other.order > event.order)) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, event);
  }

  #step(untilMs: number): boolean {
    const event = this.#queue.at(-1);
    if (event === undefined || event.atMs > untilMs) return false;
    this.#queue.pop();
    this.nowMs = event.atMs;
    event.run();
    return true;
  }
}
