import type { Command } from '../control-group/command.ts';
import type { ControlResult } from '../control-group/reason.ts';

/**
 * What became of a request. `not-taken`: no leader took it in time, nothing was done. `unknown`: it may be done still, or
 * never. `removed`: this node is no member any more.
 */
export type RequestOutcome =
  | { readonly kind: 'result'; readonly result: ControlResult; readonly index: number }
  | { readonly kind: 'read'; readonly index: number }
  | { readonly kind: 'not-taken' | 'unknown' | 'removed' };

/** A request of this node that has no outcome yet. */
export interface PendingRequest {
  readonly requestId: string;
  /** Null for a read. */
  readonly command: Command | null;
  /** Of a command: an index that no log has it before, as the leader said when it was not sent yet; null until then. */
  basis: number | null;
  readonly deadlineMs: number;
  sendAtMs: number;
  /** Whether a leader may have put it into its log. */
  maybeTaken: boolean;
  /** The term in which this node, as the leader, put it into its log; 0 when it did not. */
  ownTerm: number;
  /** Of a read: the index that must be applied; null while the leader has not said. */
  readAt: number | null;
}

/** The requests of this node, by their id. */
export class Requests {
  readonly #pending = new Map<string, PendingRequest>();

  get size(): number {
    return this.#pending.size;
  }

  add(request: PendingRequest): void {
    this.#pending.set(request.requestId, request);
  }

  get(requestId: string): PendingRequest | undefined {
    return this.#pending.get(requestId);
  }

  end(requestId: string): boolean {
    return this.#pending.delete(requestId);
  }

  all(): Iterable<PendingRequest> {
    return this.#pending.values();
  }

  /** Lets all that wait be sent again now. */
  hurry(nowMs: number): void {
    for (const request of this.#pending.values()) request.sendAtMs = nowMs;
  }

  get wakeAtMs(): number {
    let atMs = Number.POSITIVE_INFINITY;
    for (const { sendAtMs, deadlineMs } of this.#pending.values()) atMs = Math.min(atMs, sendAtMs, deadlineMs);
    return atMs;
  }
}

/** 128 random bits in hex. */
export function newRequestId(random: () => number): string {
  const word = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return word() + word() + word() + word();
}
