import assert from 'node:assert/strict';
import {
  createFrame,
  createVirtualLink,
  DEFAULT_LINK_CONFIG,
  type Flow,
  FrameCursor,
  type LinkConfig,
  type LinkEvent,
  type VirtualLink,
} from '../src/index.ts';

/** One lane in one direction. */
interface Wire {
  delayMs: number;
  isCut: boolean;
  /** Every so many messages one is lost; 0 for none. */
  losesEvery: number;
  /** Messages of more bytes than this are lost, as in a path that does not take large packets. */
  losesOver: number;
  bytesPerMs: number;
  busyUntilMs: number;
  sent: number;
  readonly inTransit: { readonly atMs: number; readonly bytes: Uint8Array }[];
}

/** What one end of the pair got. */
export interface Received {
  readonly atMs: number;
  readonly flow: number;
  readonly seq: number;
  readonly payload: Uint8Array;
  readonly isLate: boolean;
}

export class End {
  readonly link: VirtualLink;
  readonly received: Received[] = [];
  readonly events: (LinkEvent & { readonly atMs: number })[] = [];
  readonly wires: Wire[];
  /** Ticks and turns are skipped while it stands still. */
  isStalled = false;
  /** Delivered frames are passed on at once, else kept with their credit. */
  releases = true;
  readonly unreleased: { readonly trafficClass: number; readonly bytes: number }[] = [];

  constructor(config: LinkConfig, lanes: number) {
    this.link = createVirtualLink({ config, random: () => 0.5, epoch: 7 });
    this.wires = Array.from({ length: lanes }, () => ({
      delayMs: 5,
      isCut: false,
      losesEvery: 0,
      losesOver: Number.POSITIVE_INFINITY,
      bytesPerMs: Number.POSITIVE_INFINITY,
      busyUntilMs: 0,
      sent: 0,
      inTransit: [],
    }));
  }

  seqsOf(flow: number): number[] {
    return this.received.filter((frame) => frame.flow === flow).map(({ seq }) => seq);
  }

  states(lane: number): string[] {
    return this.events.flatMap((event) => (event.kind === 'lane' && event.lane === lane ? [event.to] : []));
  }
}

/** Two links joined by wires, in virtual time by the millisecond. */
export class LinkPair {
  readonly a: End;
  readonly b: End;
  nowMs = 0;
  readonly #cursor = new FrameCursor();

  constructor(config: Partial<LinkConfig> = {}, lanes = 4) {
    const whole = { ...DEFAULT_LINK_CONFIG, ...config };
    this.a = new End(whole, lanes);
    this.b = new End(whole, lanes);
  }

  /** Connects these lanes at both ends and lets them prove themselves. */
  connect(...lanes: number[]): this {
    for (const lane of lanes) this.reconnect(lane);
    return this.run(50);
  }

  reconnect(lane: number): void {
    for (const end of [this.a, this.b]) {
      end.wires[lane]!.inTransit.length = 0;
      end.link.laneUp(lane, this.nowMs);
    }
  }

  cut(lane: number, isCut = true): void {
    this.a.wires[lane]!.isCut = isCut;
    this.b.wires[lane]!.isCut = isCut;
  }

  run(ms: number): this {
    const end = this.nowMs + ms;
    while (this.nowMs < end) {
      this.nowMs += 1;
      this.#arrive(this.a, this.b);
      this.#arrive(this.b, this.a);
      for (const side of [this.a, this.b]) if (!side.isStalled) this.#turn(side);
    }
    return this;
  }

  /** Runs until the condition holds; fails the test after `limitMs`. */
  until(condition: () => boolean, limitMs = 20_000): number {
    const from = this.nowMs;
    while (!condition()) {
      this.run(1);
      assert.ok(this.nowMs - from <= limitMs, `not within ${limitMs} ms`);
    }
    return this.nowMs - from;
  }

  /** Sends frames with the next sequence numbers from `first`, as long as they are accepted; returns how many were. */
  send(from: End, flow: Flow, count: number, bytes = 100, first = 1): number {
    for (let i = 0; i < count; i += 1) {
      const payload = new Uint8Array(bytes).fill((first + i) % 251);
      const frame = createFrame({ flow: flow.id, trafficClass: flow.trafficClass, seqLow: first + i, payload });
      if (from.link.trySend(flow, frame, this.nowMs) !== 0) return i;
    }
    return count;
  }

  #turn(side: End): void {
    if (this.nowMs % 10 === 0) side.link.tick(this.nowMs);
    if (side.link.flushAtMs > this.nowMs) return;
    const { writes, deliveries, events } = side.link.takeReady(this.nowMs);
    for (const { lane, bytes } of writes) this.#write(side.wires[lane]!, bytes);
    for (const event of events) side.events.push({ ...event, atMs: this.nowMs });
    for (const { trafficClass, bytes, from, end, isLate } of deliveries) {
      this.#cursor.reset(bytes, from, end);
      while (this.#cursor.next()) {
        const { flow, seqLow: seq } = this.#cursor;
        side.received.push({ atMs: this.nowMs, flow, seq, payload: this.#cursor.payload().slice(), isLate });
      }
      if (side.releases) side.link.release(trafficClass, end - from, this.nowMs);
      else side.unreleased.push({ trafficClass, bytes: end - from });
    }
  }

  #write(wire: Wire, bytes: Uint8Array): void {
    wire.sent += 1;
    const isLost = (wire.losesEvery > 0 && wire.sent % wire.losesEvery === 0) || bytes.length > wire.losesOver;
    if (wire.isCut || isLost) return;
    wire.busyUntilMs = Math.max(wire.busyUntilMs, this.nowMs) + bytes.length / wire.bytesPerMs;
    wire.inTransit.push({ atMs: wire.busyUntilMs + wire.delayMs, bytes: bytes.slice() });
  }

  #arrive(from: End, to: End): void {
    if (to.isStalled) return;
    for (const [lane, wire] of from.wires.entries()) {
      while (wire.inTransit[0] !== undefined && wire.inTransit[0].atMs <= this.nowMs) {
        const { bytes } = wire.inTransit.shift()!;
        if (!wire.isCut) to.link.onBatch(lane, bytes, this.nowMs);
      }
    }
  }
}

export const upTo = (count: number, first = 1): number[] => Array.from({ length: count }, (_, i) => first + i);
