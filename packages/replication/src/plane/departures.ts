import type { ControlReplica } from './control-replica.ts';

/** A removal that nobody asks for any more is forgotten after this, and the member may have its vote again. */
const ASKED_MS = 3_000;
/** A removal that is in the log is applied long before, or its leader leads no more. */
const APPENDED_MS = 60_000;

interface Departure {
  readonly untilMs: number;
  /** Its removal is in the log. */
  readonly isAppended: boolean;
}

/**
 * Members that are to go. A voter gives its vote away first and is removed by the log after that: whoever is removed stops at
 * once, and a configuration that still counted it would wait for a vote that never comes (Ongaro 2014, 4.2.2, has the same of a leader
 * that removes itself).
 */
export class Departures {
  readonly #replica: ControlReplica;
  readonly #departures = new Map<number, Departure>();

  constructor(replica: ControlReplica) {
    this.#replica = replica;
  }

  /** Somebody wants that member removed. @returns whether it has no vote, so that it can be */
  ask(shortId: number, nowMs: number): boolean {
    this.#keep(shortId, nowMs + ASKED_MS, false);
    const { voters, outgoing } = this.#replica.configuration;
    return !voters.includes(shortId) && !outgoing.includes(shortId);
  }

  /** The removal is in the log: no vote until it is applied. */
  appended(shortId: number, nowMs: number): void {
    this.#keep(shortId, nowMs + APPENDED_MS, true);
  }

  /** Whether its removal is in the log, whatever becomes of it. */
  isAppended(shortId: number): boolean {
    return this.#departures.get(shortId)?.isAppended === true;
  }

  /** The members that get no vote now. */
  present(nowMs: number): ReadonlySet<number> {
    const { members } = this.#replica.group.state;
    for (const [shortId, { untilMs }] of this.#departures)
      if (nowMs >= untilMs || !members.has(shortId)) this.#departures.delete(shortId);
    return new Set(this.#departures.keys());
  }

  /** Of a lead that is lost nothing is kept. */
  clear(): void {
    this.#departures.clear();
  }

  #keep(shortId: number, untilMs: number, isAppended: boolean): void {
    const known = this.#departures.get(shortId) ?? { untilMs, isAppended };
    this.#departures.set(shortId, {
      untilMs: Math.max(untilMs, known.untilMs),
      isAppended: isAppended || known.isAppended,
    });
  }
}
