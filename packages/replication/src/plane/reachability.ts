import type { MeshHealth } from '../control-group/command.ts';
import { meshHealth } from '../voters/mesh-health.ts';

/**
 * Which members can be reached, as the failure detector of this node says. A member that it has not heard of yet counts as
 * reachable for a while, so that a newcomer makes nothing critical.
 */
export class Reachability {
  readonly #self: number;
  readonly #benefitMs: number;
  /** When each member was first heard of here. */
  readonly #members = new Map<number, number>();
  /** When each was lost, null while it is not. Also of those that the log has not brought yet. */
  readonly #reports = new Map<number, number | null>();

  constructor(self: number, benefitMs: number) {
    this.#self = self;
    this.#benefitMs = benefitMs;
  }

  /** Takes over the members that there are now. */
  follow(members: Iterable<number>, nowMs: number): void {
    const present = new Set(members);
    for (const shortId of this.#members.keys()) {
      if (present.has(shortId)) continue;
      this.#members.delete(shortId);
      this.#reports.delete(shortId);
    }
    for (const shortId of present) if (!this.#members.has(shortId)) this.#members.set(shortId, nowMs);
  }

  report(shortId: number, isReachable: boolean, nowMs: number): void {
    this.#reports.set(shortId, isReachable ? null : (this.#reports.get(shortId) ?? nowMs));
  }

  /** When a member was lost; null while it is reachable. */
  unreachableSinceMs(shortId: number, nowMs: number): number | null {
    const sinceMs = this.#members.get(shortId);
    if (sinceMs === undefined || shortId === this.#self) return null;
    const report = this.#reports.get(shortId);
    if (report !== undefined) return report;
    const givenUpAtMs = sinceMs + this.#benefitMs;
    return nowMs >= givenUpAtMs ? givenUpAtMs : null;
  }

  unreachable(nowMs: number): number[] {
    return [...this.#members.keys()].filter((shortId) => this.unreachableSinceMs(shortId, nowMs) !== null);
  }

  health(nowMs: number): MeshHealth {
    return meshHealth(this.#members.size, this.unreachable(nowMs).length);
  }
}
