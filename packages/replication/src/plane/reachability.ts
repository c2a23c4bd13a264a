import type { MeshHealth } from '../control-group/command.ts';
import { meshHealth } from '../voters/mesh-health.ts';

/**
 * Which members can be reached, as the failure detector of this node says. A member that it has not heard of yet counts as
 * reachable for a while, so that a newcomer makes nothing critical.
 */
export class Reachability {
  readonly #self: number;
  readonly #benefitMs: number;
  readonly #known = new Map<number, { isTold: boolean; lostAtMs: number | null; readonly sinceMs: number }>();

  constructor(self: number, benefitMs: number) {
    this.#self = self;
    this.#benefitMs = benefitMs;
  }

  /** Takes over the members that there are now. */
  follow(members: Iterable<number>, nowMs: number): void {
    const present = new Set(members);
    for (const shortId of this.#known.keys()) if (!present.has(shortId)) this.#known.delete(shortId);
    for (const shortId of present) {
      if (!this.#known.has(shortId)) this.#known.set(shortId, { isTold: false, lostAtMs: null, sinceMs: nowMs });
    }
  }

  report(shortId: number, isReachable: boolean, nowMs: number): void {
    const known = this.#known.get(shortId);
    if (known === undefined) return;
    known.isTold = true;
    known.lostAtMs = isReachable ? null : (known.lostAtMs ?? nowMs);
  }

  /** When a member was lost; null while it is reachable. */
  unreachableSinceMs(shortId: number, nowMs: number): number | null {
    const known = this.#known.get(shortId);
    if (known === undefined || shortId === this.#self) return null;
    if (known.isTold) return known.lostAtMs;
    const givenUpAtMs = known.sinceMs + this.#benefitMs;
    return nowMs >= givenUpAtMs ? givenUpAtMs : null;
  }

  unreachable(nowMs: number): number[] {
    return [...this.#known.keys()].filter((shortId) => this.unreachableSinceMs(shortId, nowMs) !== null);
  }

  health(nowMs: number): MeshHealth {
    return meshHealth(this.#known.size, this.unreachable(nowMs).length);
  }
}
