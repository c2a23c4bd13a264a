import type { DialConfig } from '../config.ts';

/** A connection that the transport is asked to open. */
export interface Dial {
  readonly address: string;
  readonly lane: number;
  /** Node id that must answer there, when it is known. */
  readonly peer: string | undefined;
}

/** What the dialler needs to know of the links that stand. */
export interface ConnectedLanes {
  /** Lanes of the link to a peer that have a connection; empty for none. */
  connectedLanes(peer: string): ReadonlySet<number>;
  /** Lanes that the link would like besides the first. */
  wantedLanes(peer: string): Iterable<number>;
}

interface LaneAttempt {
  failures: number;
  nextAtMs: number;
  /** When it was dialled; null when nothing is under way. */
  dialledAtMs: number | null;
  connectedAtMs: number;
}

interface Target {
  readonly address: string;
  peer: string | undefined;
  isSeed: boolean;
  isChosen: boolean;
  readonly lanes: Map<number, LaneAttempt>;
  readonly firstAtMs: number;
}

/** Attempts after which further lanes are tried although the first one does not come up. */
const FIRST_LANE_TRIES = 2;

/** Decides when which connection is dialled: every lane for itself, with pauses that double from 1 s to 30 s. */
export class Dialler {
  readonly #self: string;
  readonly #config: DialConfig;
  readonly #random: () => number;
  readonly #targets = new Map<string, Target>();
  #isDialable = false;

  constructor(self: string, config: DialConfig, random: () => number) {
    this.#self = self;
    this.#config = config;
    this.#random = random;
  }

  /** Whether others can dial this node: then, of two that want each other, the one with the greater id goes first. */
  setDialable(isDialable: boolean): void {
    this.#isDialable = isDialable;
  }

  /** Addresses that are dialled whoever answers there. */
  setSeeds(addresses: readonly string[], nowMs: number): void {
    for (const target of this.#targets.values()) target.isSeed = false;
    for (const address of addresses) this.#target(address, undefined, nowMs).isSeed = true;
    this.#sweep();
  }

  /** Members that this node wants to be connected to. */
  setChosen(members: readonly { readonly nodeId: string; readonly address: string }[], nowMs: number): void {
    for (const target of this.#targets.values()) target.isChosen = false;
    for (const { nodeId, address } of members) {
      const target = this.#target(address, nodeId, nowMs);
      target.isChosen = true;
      target.peer = nodeId;
    }
    this.#sweep();
  }

  /** A connection stands. `address` is where it was dialled to, if this node dialled. */
  onConnected(peer: string, lane: number, address: string | undefined, nowMs: number): void {
    const target = address === undefined ? this.#find(peer, lane) : this.#targets.get(address);
    if (target === undefined) return;
    target.peer ??= peer;
    const attempt = this.#attempt(target, lane, nowMs);
    attempt.dialledAtMs = null;
    attempt.connectedAtMs = nowMs;
  }

  onFailed(address: string, lane: number, nowMs: number): void {
    const target = this.#targets.get(address);
    if (target !== undefined) this.#fail(this.#attempt(target, lane, nowMs), nowMs);
  }

  /** A connection of this lane is gone; it is dialled again after a pause. */
  onClosed(peer: string, lane: number, nowMs: number): void {
    for (const target of this.#targets.values()) {
      if (target.peer !== peer) continue;
      const attempt = this.#attempt(target, lane, nowMs);
      if (nowMs - attempt.connectedAtMs >= this.#config.provenMs) attempt.failures = 0;
      this.#fail(attempt, nowMs);
    }
  }

  /** Connections to be opened now. */
  due(nowMs: number, links: ConnectedLanes): Dial[] {
    const dials: Dial[] = [];
    for (const target of this.#targets.values()) {
      const connected = target.peer === undefined ? NONE : links.connectedLanes(target.peer);
      for (const lane of this.#lanesFor(target, connected, links)) {
        if (connected.has(lane)) continue;
        const attempt = this.#attempt(target, lane, nowMs);
        if (attempt.dialledAtMs !== null && nowMs - attempt.dialledAtMs >= this.#config.timeoutMs)
          this.#fail(attempt, nowMs);
        if (attempt.dialledAtMs !== null || nowMs < attempt.nextAtMs) continue;
        attempt.dialledAtMs = nowMs;
        dials.push({ address: target.address, lane, peer: target.peer });
      }
    }
    return dials;
  }

  /** Lane 0 alone until there is a connection, or until it has failed so often that its lane may be what is dead. */
  #lanesFor(target: Target, connected: ReadonlySet<number>, links: ConnectedLanes): Set<number> {
    const lanes = new Set([0]);
    const tries = target.lanes.get(0)?.failures ?? 0;
    if (connected.size === 0 && (target.peer === undefined || tries < FIRST_LANE_TRIES)) return lanes;
    for (let lane = 1; lane < this.#config.lanes; lane += 1) lanes.add(lane);
    if (target.peer !== undefined && connected.size > 0)
      for (const lane of links.wantedLanes(target.peer)) lanes.add(lane);
    return lanes;
  }

  #target(address: string, peer: string | undefined, nowMs: number): Target {
    let target = this.#targets.get(address);
    if (target === undefined) {
      const isSecond = peer !== undefined && this.#isDialable && this.#self < peer;
      const firstAtMs = nowMs + (isSecond ? 500 + 500 * this.#random() : 50 * this.#random());
      target = { address, peer, isSeed: false, isChosen: false, lanes: new Map(), firstAtMs };
      this.#targets.set(address, target);
    }
    return target;
  }

  /** The target that a connection to `peer` without an address belongs to. */
  #find(peer: string, lane: number): Target | undefined {
    for (const target of this.#targets.values()) if (target.peer === peer) return target;
    for (const target of this.#targets.values())
      if (target.peer === undefined && target.lanes.get(lane)?.dialledAtMs != null) return target;
    return undefined;
  }

  #attempt(target: Target, lane: number, nowMs: number): LaneAttempt {
    let attempt = target.lanes.get(lane);
    if (attempt === undefined) {
      attempt = {
        failures: 0,
        nextAtMs: Math.max(nowMs, target.firstAtMs),
        dialledAtMs: null,
        connectedAtMs: Number.NEGATIVE_INFINITY,
      };
      target.lanes.set(lane, attempt);
    }
    return attempt;
  }

  #fail(attempt: LaneAttempt, nowMs: number): void {
    const { retryMinMs, retryMaxMs } = this.#config;
    const pauseMs = Math.min(retryMaxMs, retryMinMs * 2 ** attempt.failures * (1 + this.#random() / 2));
    attempt.failures = Math.min(attempt.failures + 1, 16);
    attempt.dialledAtMs = null;
    attempt.nextAtMs = nowMs + pauseMs;
  }

  #sweep(): void {
    for (const [address, { isSeed, isChosen }] of this.#targets)
      if (!isSeed && !isChosen) this.#targets.delete(address);
  }
}

const NONE: ReadonlySet<number> = new Set();
