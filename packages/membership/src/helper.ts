import type { NodeId } from './claim.ts';
import type { MembershipConfig } from './config.ts';
import type { Dissemination } from './dissemination.ts';
import type { Member, MemberTable } from './member-table.ts';

interface Relayed {
  readonly origin: NodeId;
  readonly originSequence: number;
  readonly nackAtMs: number;
  readonly endsAtMs: number;
  isNacked: boolean;
}

/** Pings that other members asked for at once; more are ignored, which costs them one helper of several. */
const RELAYED_MAX = 1_024;

/** Pings members on behalf of others, and says "no answer" early enough to prove that the helper itself is well. */
export class Helper {
  readonly #config: MembershipConfig;
  readonly #table: MemberTable;
  readonly #dissemination: Dissemination;
  readonly #relayed = new Map<number, Relayed>();
  #nextAtMs = Number.POSITIVE_INFINITY;

  constructor(config: MembershipConfig, table: MemberTable, dissemination: Dissemination) {
    this.#config = config;
    this.#table = table;
    this.#dissemination = dissemination;
  }

  get nextAtMs(): number {
    return this.#nextAtMs;
  }

  /** Pings `target` under `sequence`, an own number, for `origin`. */
  start(origin: Member, originSequence: number, target: Member, sequence: number, nowMs: number): void {
    if (this.#relayed.size >= RELAYED_MAX) return;
    const { probeRoundMs } = this.#config;
    const relayed = {
      origin: origin.record.id,
      originSequence,
      nackAtMs: nowMs + probeRoundMs * 0.75,
      endsAtMs: nowMs + probeRoundMs * 3,
      isNacked: false,
    };
    this.#relayed.set(sequence, relayed);
    this.#nextAtMs = Math.min(this.#nextAtMs, relayed.nackAtMs);
    this.#dissemination.send(target, { type: 'ping', sequence, target: target.record.id });
  }

  /** @returns true when the sequence number belonged to a ping for somebody else. */
  onAck(sequence: number): boolean {
    const relayed = this.#relayed.get(sequence);
    if (relayed === undefined) return false;
    this.#relayed.delete(sequence);
    this.#answer(relayed, 'ack');
    return true;
  }

  tick(nowMs: number): void {
    if (nowMs < this.#nextAtMs) return;
    this.#nextAtMs = Number.POSITIVE_INFINITY;
    for (const [sequence, relayed] of this.#relayed) {
      if (relayed.endsAtMs <= nowMs) {
        this.#relayed.delete(sequence);
        continue;
      }
      if (relayed.nackAtMs <= nowMs && !relayed.isNacked) {
        relayed.isNacked = true;
        this.#answer(relayed, 'nack');
      }
      this.#nextAtMs = Math.min(this.#nextAtMs, relayed.isNacked ? relayed.endsAtMs : relayed.nackAtMs);
    }
  }

  #answer(relayed: Relayed, type: 'ack' | 'nack'): void {
    const origin = this.#table.get(relayed.origin);
    if (origin !== undefined) this.#dissemination.send(origin, { type, sequence: relayed.originSequence });
  }
}
