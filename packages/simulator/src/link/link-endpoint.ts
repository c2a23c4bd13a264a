import {
  BATCH_HEADER_BYTES,
  BatchHeader,
  createVirtualLink,
  FrameCursor,
  LANES_MAX,
  type LinkStats,
  type Ready,
  type VirtualLink,
  writeBatchHeader,
} from '@peermesh/link';
import type { EventQueue, ScheduledEvent } from '../event-queue.ts';
import type { InvariantRegistry } from '../invariant.ts';
import type { SeededRandom } from '../random.ts';
import type { TraceRing } from '../trace.ts';
import type { LinkInvariant } from './invariants.ts';
import type { LinkShape } from './link-shape.ts';
import { CREDITED_FLOW, Traffic } from './traffic.ts';

/** What passes between the ends on one lane: the life of a connection, and its bytes. */
export type Wire =
  | { readonly kind: 'dial' | 'accept' | 'close'; readonly generation: number }
  | { readonly kind: 'batch'; readonly generation: number; readonly bytes: Uint8Array };

export interface EndpointHost {
  readonly queue: EventQueue;
  readonly registry: InvariantRegistry<LinkInvariant>;
  readonly trace: TraceRing;
  readonly shape: LinkShape;
  send(from: string, lane: number, message: Wire): void;
}

/** Each connection of a lane is a queue of its own in the network: a new one does not wait behind the bytes of the old. */
export const wireOf = (lane: number, generation: number): number => lane + LANES_MAX * generation;
export const laneOf = (wire: number): number => wire % LANES_MAX;

/** The oldest batch of each space is sent again whatever the window. */
const RESENT_BYTES_MAX = 6 * 65_536;

const TICK_MS = 10;
const EPOCH = 0xabcd;

/** One end of the link with its event loop, its connections, its producers, and the consumers of what the other end sends. */
export class LinkEndpoint {
  readonly name: string;
  readonly link: VirtualLink;
  readonly traffic: Traffic;
  /** Added to every release of credit while a consumer is slow. */
  slowMs = 0;
  stalledUntilMs = 0;
  garbage = 0;
  readonly #host: EndpointHost;
  readonly #random: SeededRandom;
  readonly #offsetMs: number;
  /** Of the connection of each lane; 0 for none. Only the end `a` dials. */
  readonly generations: number[];
  /** How long a socket holds on to the bytes that it was given before it copies them. */
  readonly #socketMs: readonly number[];
  readonly #cursor = new FrameCursor();
  readonly #inbox: (() => void)[] = [];
  #flush: ScheduledEvent | null = null;
  #peer: LinkEndpoint | null = null;
  #dials = 0;
  readonly #pending = new Array<number>(LANES_MAX).fill(0);
  #closedLanes = new Set<number>();

  constructor(name: string, host: EndpointHost, random: SeededRandom) {
    this.name = name;
    this.#host = host;
    this.#random = random;
    this.#offsetMs = random.integer(1_000_000);
    this.#socketMs = Array.from({ length: LANES_MAX }, () => random.pick([0, 0.1, 3, 20]));
    this.link = createVirtualLink({ config: host.shape.config, random: random.fork('link').next, epoch: EPOCH });
    this.traffic = new Traffic(this.link, host.registry);
    this.generations = new Array<number>(LANES_MAX).fill(0);
  }

  get nowMs(): number {
    return this.#host.queue.nowMs + this.#offsetMs;
  }

  get isStalled(): boolean {
    return this.#host.queue.nowMs < this.stalledUntilMs;
  }

  start(peer: LinkEndpoint): void {
    this.#peer = peer;
    if (this.name === 'a') for (let lane = 0; lane < this.#host.shape.lanes; lane += 1) this.#dial(lane);
    this.#tick();
  }

  stall(untilMs: number): void {
    this.stalledUntilMs = Math.max(this.stalledUntilMs, untilMs);
    this.#host.queue.at(this.stalledUntilMs, () => {
      for (const run of this.isStalled ? [] : this.#inbox.splice(0)) run();
    });
  }

  receive(lane: number, message: Wire): void {
    if (this.isStalled) this.#inbox.push(() => this.#onMessage(lane, message));
    else this.#onMessage(lane, message);
  }

  /** A producer's turn. */
  burst(id: number, count: number): void {
    if (this.isStalled) return;
    this.traffic.burst(id, count, this.nowMs);
    this.#turn();
  }

  /** This end's socket is closed; the other end hears of it when `isTold`, else from silence. */
  closeLane(lane: number, isTold: boolean): void {
    const generation = this.generations[lane] ?? 0;
    if (generation === 0) return;
    this.generations[lane] = 0;
    this.link.laneDown(lane, this.nowMs);
    if (isTold) this.#host.send(this.name, lane, { kind: 'close', generation });
    this.#redial(lane);
    this.#turn();
  }

  /** Bytes that no peer would send. */
  inject(lane: number, bytes: Uint8Array): void {
    this.garbage += 1;
    const refusal = this.link.onBatch(lane, bytes, this.nowMs);
    this.#host.registry.check('NoFalseRefusal', refusal !== null, () => `${bytes.length} bytes of garbage were taken`);
  }

  /** A well-formed acknowledgement of batches that were never sent. */
  injectAck(lane: number, ack: number): void {
    const bytes = new Uint8Array(BATCH_HEADER_BYTES);
    writeBatchHeader(
      Object.assign(new BatchHeader(), { version: 1, lane, linkEpoch: EPOCH, cumulativeAck: ack }),
      bytes,
    );
    this.inject(lane, bytes);
  }

  checkState(): LinkStats {
    const { registry, shape } = this.#host;
    const { queueBytesMax, creditBytes, inFlightBytesMax, resequencerBytesMax } = shape.config;
    const stats = this.link.stats();
    const text = (): string => `${this.name}: ${JSON.stringify(stats)}`;
    const peer = this.#peer?.link.stats();
    for (const [c, window] of creditBytes.entries()) {
      const credit = stats.creditBytes[c] ?? -1;
      registry.check('CreditBounded', credit >= 0 && credit + (peer?.unreleasedBytes[c] ?? 0) <= window, text);
    }
    for (const { inFlightBytes } of stats.lanes)
      registry.check(
        'InFlightBounded',
        inFlightBytes >= 0 && inFlightBytes <= inFlightBytesMax + RESENT_BYTES_MAX,
        text,
      );
    // Headers of batches come on top of the credit that their frames were sent on; so does one frame at the resequencer.
    const sum = creditBytes.reduce((total, bytes) => total + bytes, 0);
    const bound = queueBytesMax + sum * 2 * 1.8 + resequencerBytesMax + 65_536;
    registry.check('MemoryBounded', stats.heldBytes <= bound && stats.queuedBytes <= queueBytesMax, text);
    return stats;
  }

  #tick(): void {
    this.#host.queue.after(TICK_MS, () => this.#tick());
    if (this.isStalled) return;
    this.link.tick(this.nowMs);
    if (this.#peer !== null) this.traffic.sendGrant(this.#peer.traffic.consumer, this.nowMs);
    this.checkState();
    this.#turn();
  }

  #turn(): void {
    if (this.isStalled) return;
    if (this.link.flushAtMs <= this.nowMs) this.#handle(this.link.takeReady(this.nowMs));
    if (this.link.flushAtMs === Number.POSITIVE_INFINITY) return;
    const atMs = this.link.flushAtMs - this.#offsetMs;
    if (this.#flush !== null && this.#flush.atMs <= atMs && this.#flush.atMs > this.#host.queue.nowMs) return;
    this.#flush?.cancel();
    this.#flush = this.#host.queue.at(Math.max(atMs, this.#host.queue.nowMs + 0.01), () => this.#turn());
  }

  #handle({ writes, deliveries, events }: Ready): void {
    for (const { lane, bytes } of writes) {
      const generation = this.generations[lane] ?? 0;
      if (generation > 0) this.#host.queue.after(this.#socketMs[lane] ?? 0, () => this.#write(lane, generation, bytes));
    }
    for (const { trafficClass, bytes, from, end, isLate } of deliveries) {
      let credited = 0;
      this.#cursor.reset(bytes, from, end);
      while (this.#cursor.next()) {
        if (this.#peer?.traffic.onDelivered(this.#cursor, isLate) === true) this.traffic.onGrant(this.#cursor);
        else if (this.#cursor.flow === CREDITED_FLOW) credited += this.#cursor.length;
      }
      const delayMs = this.#random.exponential(this.#host.shape.releaseMs + this.slowMs);
      this.#host.queue.after(delayMs, () => {
        this.link.release(trafficClass, end - from, this.nowMs);
        this.#peer?.traffic.consumer.release(credited);
        this.#turn();
      });
    }
    for (const event of events) {
      this.#host.trace.add(this.#host.queue.nowMs, this.name, event.kind, event);
      if (event.kind === 'lane' && event.to === 'DOWN' && event.cause !== 'closed')
        this.closeLane(event.lane, this.#random.chance(0.5));
      if (event.kind === 'lane-wanted' && this.name === 'a') this.#dial(event.lane);
      if (event.kind === 'lane-unwanted') this.#giveUp(event.lane);
    }
  }

  /** The socket has come to these bytes, unless it was closed before. */
  #write(lane: number, generation: number, bytes: Uint8Array): void {
    if (this.generations[lane] === generation)
      this.#host.send(this.name, lane, { kind: 'batch', generation, bytes: bytes.slice() });
  }

  #giveUp(lane: number): void {
    this.#closedLanes.add(lane);
    this.closeLane(lane, true);
  }

  #redial(lane: number): void {
    if (this.name !== 'a' || this.#closedLanes.has(lane)) return;
    this.#host.queue.after(this.#random.between(100, 1_000), () => this.#dial(lane));
  }

  #dial(lane: number): void {
    this.#closedLanes.delete(lane);
    if ((this.generations[lane] ?? 0) > 0) return;
    this.#dials += 1;
    this.#pending[lane] = this.#dials;
    if (!this.isStalled) this.#host.send(this.name, lane, { kind: 'dial', generation: this.#dials });
    this.#host.queue.after(1_500, () => {
      if (!this.#closedLanes.has(lane)) this.#dial(lane);
    });
  }

  #onMessage(lane: number, message: Wire): void {
    const { kind, generation } = message;
    const current = this.generations[lane] ?? 0;
    if (kind === 'dial' && generation > current) {
      this.#connect(lane, generation);
      this.#host.send(this.name, lane, { kind: 'accept', generation });
    } else if (kind === 'accept' && current === 0 && generation === this.#pending[lane])
      this.#connect(lane, generation);
    else if (kind === 'accept' && current === 0) this.#host.send(this.name, lane, { kind: 'close', generation });
    else if (kind === 'close' && generation === current) this.closeLane(lane, false);
    else if (kind === 'batch' && generation === current) {
      const refusal = this.link.onBatch(lane, message.bytes, this.nowMs);
      this.#host.registry.check('NoFalseRefusal', refusal === null, () => `${this.name} refused: ${refusal}`);
    }
    this.#turn();
  }

  #connect(lane: number, generation: number): void {
    this.generations[lane] = generation;
    this.link.laneUp(lane, this.nowMs);
  }
}
