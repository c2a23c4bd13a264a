import type { Packet } from '@peermesh/membership';
import type { EventQueue } from '../event-queue.ts';
import { conditionsOf, type LinkRule } from '../network/link-rule.ts';
import type { SeededRandom } from '../random.ts';

/** How packets fare without faults. */
export interface MeshNetworkProfile {
  readonly latencyMs: readonly [number, number];
  /** Share of packets that are lost; reliable ones come later instead. */
  readonly lossRate: number;
}

const RETRY_MS = 200;
const RETRIES_MAX = 5;

/**
 * A datagram network for thousands of nodes: no state per pair. Reliable packets stand for a message on a TCP connection:
 * a loss delays them, a cut link loses them.
 */
export class MeshNetwork {
  readonly #queue: EventQueue;
  readonly #random: SeededRandom;
  readonly #profile: MeshNetworkProfile;
  readonly #deliver: (from: string, to: string, bytes: Uint8Array) => void;
  readonly #rules = new Set<LinkRule>();
  readonly #held = new Map<LinkRule, (() => void)[]>();
  readonly counts = { sent: 0, delivered: 0, lost: 0, bytes: 0 };

  constructor(
    queue: EventQueue,
    random: SeededRandom,
    profile: MeshNetworkProfile,
    deliver: (from: string, to: string, bytes: Uint8Array) => void,
  ) {
    this.#queue = queue;
    this.#random = random;
    this.#profile = profile;
    this.#deliver = deliver;
  }

  /** Starts a rule; the function returned ends it and releases what it held back. */
  addRule(rule: LinkRule): () => void {
    this.#rules.add(rule);
    return () => {
      this.#rules.delete(rule);
      const held = this.#held.get(rule) ?? [];
      this.#held.delete(rule);
      for (const release of held) release();
    };
  }

  send(from: string, to: string, { bytes, isReliable }: Packet): void {
    this.counts.sent += 1;
    this.counts.bytes += bytes.length;
    if (this.#rules.size === 0) this.#travel(from, to, bytes, isReliable, this.#profile.lossRate, 0);
    else this.#sendByRules(from, to, bytes, isReliable);
  }

  #sendByRules(from: string, to: string, bytes: Uint8Array, isReliable: boolean): void {
    const conditions = conditionsOf(this.#rules, from, to, 0);
    if (conditions.isCut) {
      this.counts.lost += 1;
      return;
    }
    if (conditions.clog !== null) {
      const held = this.#held.get(conditions.clog) ?? [];
      held.push(() => this.#sendByRules(from, to, bytes, isReliable));
      this.#held.set(conditions.clog, held);
      return;
    }
    const random = this.#random;
    const lossRate = 1 - (1 - conditions.dropRate) * (1 - this.#profile.lossRate);
    const reorderMs = random.chance(conditions.reorderRate) ? random.between(0, conditions.reorderMs) : 0;
    const delayMs = conditions.delayMs + reorderMs + bytes.length / conditions.bytesPerMs;
    this.#travel(from, to, bytes, isReliable, lossRate, delayMs);
    if (random.chance(conditions.duplicateRate)) {
      this.#travel(from, to, bytes, isReliable, lossRate, delayMs + random.exponential(20));
    }
  }

  #travel(from: string, to: string, bytes: Uint8Array, isReliable: boolean, lossRate: number, delayMs: number): void {
    const random = this.#random;
    let arrivesInMs = delayMs + random.between(this.#profile.latencyMs[0], this.#profile.latencyMs[1]);
    if (lossRate > 0) {
      for (let tries = 0; random.chance(lossRate); tries += 1) {
        if (!isReliable || tries === RETRIES_MAX) {
          this.counts.lost += 1;
          return;
        }
        arrivesInMs += RETRY_MS * 2 ** tries;
      }
    }
    this.#queue.after(arrivesInMs, () => {
      this.counts.delivered += 1;
      this.#deliver(from, to, bytes);
    });
  }
}
