import { compareVersions, type Version } from './advertisement.ts';
import type { VersionedOrigin } from './messages.ts';

export interface FloodingConfig {
  /** First repetition of an update that was not acknowledged, ms; it doubles. */
  readonly retransmitMinMs: number;
  readonly retransmitMaxMs: number;
  /** Pause between comparisons of databases that were found equal, less up to a tenth at random, ms. */
  readonly syncIntervalMs: number;
  /** Pause before a comparison is repeated that was not answered, or that found differences, ms. */
  readonly syncRetryMs: number;
}

export const DEFAULT_FLOODING: FloodingConfig = {
  retransmitMinMs: 100,
  retransmitMaxMs: 3_200,
  syncIntervalMs: 30_000,
  syncRetryMs: 1_000,
};

interface Pending {
  version: Version;
  intervalMs: number;
  dueAtMs: number;
}

/** What is owed to one neighbour: updates until they are acknowledged, acknowledgements, and comparisons. */
export class Neighbour {
  readonly peer: number;
  readonly #config: FloodingConfig;
  readonly #pending = new Map<number, Pending>();
  #acks: VersionedOrigin[] = [];
  #requests: number[] = [];
  #syncAtMs: number;

  constructor(peer: number, nowMs: number, config: FloodingConfig) {
    this.peer = peer;
    this.#config = config;
    this.#syncAtMs = nowMs;
  }

  get unacknowledged(): number {
    return this.#pending.size;
  }

  get dueAtMs(): number {
    if (this.#acks.length > 0 || this.#requests.length > 0) return Number.NEGATIVE_INFINITY;
    let dueAtMs = this.#syncAtMs;
    for (const pending of this.#pending.values()) dueAtMs = Math.min(dueAtMs, pending.dueAtMs);
    return dueAtMs;
  }

  owe(nowMs: number, { origin, version }: VersionedOrigin): void {
    const known = this.#pending.get(origin);
    if (known && compareVersions(known.version, version) >= 0) return;
    this.#pending.set(origin, { version, intervalMs: this.#config.retransmitMinMs, dueAtMs: nowMs });
  }

  /** The neighbour says that it lacks this: sent now, whatever the pause before the next repetition has come to. */
  oweNow(nowMs: number, { origin, version }: VersionedOrigin): void {
    this.#pending.set(origin, { version, intervalMs: this.#config.retransmitMinMs, dueAtMs: nowMs });
  }

  /** The neighbour has this version or a newer one: nothing older is owed to it. */
  has({ origin, version }: VersionedOrigin): void {
    const known = this.#pending.get(origin);
    if (known && compareVersions(known.version, version) <= 0) this.#pending.delete(origin);
  }

  forget(origin: number): void {
    this.#pending.delete(origin);
  }

  acknowledge(entry: VersionedOrigin): void {
    this.#acks.push(entry);
  }

  request(origin: number): void {
    this.#requests.push(origin);
  }

  syncAfter(nowMs: number, isEqual: boolean, random: () => number): void {
    const { syncIntervalMs, syncRetryMs } = this.#config;
    this.#syncAtMs = nowMs + (isEqual ? syncIntervalMs * (1 - random() / 10) : syncRetryMs);
  }

  syncNow(nowMs: number): void {
    this.#syncAtMs = Math.min(this.#syncAtMs, nowMs);
  }

  /** Whether a digest is due; the next one follows soon unless an answer says otherwise. */
  takeSync(nowMs: number): boolean {
    if (nowMs < this.#syncAtMs) return false;
    this.#syncAtMs = nowMs + this.#config.syncRetryMs;
    return true;
  }

  /** The origins whose advertisement is to be sent now, and the time of their next repetition set. */
  takeUpdates(nowMs: number): number[] {
    const origins: number[] = [];
    for (const [origin, pending] of this.#pending) {
      if (pending.dueAtMs > nowMs) continue;
      origins.push(origin);
      pending.dueAtMs = nowMs + pending.intervalMs;
      pending.intervalMs = Math.min(pending.intervalMs * 2, this.#config.retransmitMaxMs);
    }
    return origins;
  }

  takeAcks(): VersionedOrigin[] {
    const acks = this.#acks;
    this.#acks = [];
    return acks;
  }

  takeRequests(): number[] {
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }
}
