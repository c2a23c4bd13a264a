import type { Command } from '../control-group/command.ts';
import { refused } from '../control-group/reason.ts';
import type { ControlReplica } from './control-replica.ts';
import type { PlaneMessage } from './plane-message.ts';
import type { Reachability } from './reachability.ts';
import type { RequestOutcome } from './requests.ts';

/** What an operator wants when a majority is gone for good. */
export interface RecoveryWish {
  readonly requestId: string;
  /** Members that will not come back. */
  readonly evicting: readonly number[];
  readonly operator: string;
  readonly override: string;
}

/** What became of it: the replica may go on alone, or why not. */
export type RecoveryEnd =
  | { readonly kind: 'go'; readonly wish: RecoveryWish }
  | { readonly kind: 'not-permitted' | 'silent'; readonly wish: RecoveryWish }
  | { readonly kind: 'behind'; readonly wish: RecoveryWish; readonly newest: number };

const ANSWER_MS = 3_000;

/**
 * Asks all members that can be reached how far their logs go, because a replica that goes on without a majority must be the newest of
 * those that are left: whatever only the lost ones had is lost.
 */
export class Recovery {
  readonly #replica: ControlReplica;
  readonly #reachability: Reachability;
  readonly #send: (to: number, message: PlaneMessage) => void;
  #wish: RecoveryWish | null = null;
  #deadlineMs = Number.POSITIVE_INFINITY;
  readonly #waiting = new Set<number>();
  #newest: { readonly member: number; readonly term: number; readonly index: number } | null = null;
  #end: RecoveryEnd | null = null;

  constructor(replica: ControlReplica, reachability: Reachability, send: (to: number, message: PlaneMessage) => void) {
    this.#replica = replica;
    this.#reachability = reachability;
    this.#send = send;
  }

  get wakeAtMs(): number {
    return this.#end === null ? this.#deadlineMs : Number.NEGATIVE_INFINITY;
  }

  begin(wish: RecoveryWish, nowMs: number): void {
    const { members } = this.#replica.group.state;
    if (this.#wish !== null || !this.#isPermitted(wish, nowMs)) {
      this.#end ??= { kind: 'not-permitted', wish };
      return;
    }
    const away = new Set(this.#reachability.unreachable(nowMs));
    this.#wish = wish;
    this.#deadlineMs = nowMs + ANSWER_MS;
    this.#newest = { member: this.#replica.id, ...this.#replica.position };
    for (const shortId of members.keys()) {
      if (shortId === this.#replica.id || away.has(shortId)) continue;
      this.#waiting.add(shortId);
      this.#send(shortId, { kind: 'position', requestId: wish.requestId });
    }
  }

  answer(from: number, requestId: string): void {
    this.#send(from, { kind: 'positionAnswer', requestId, ...this.#replica.position });
  }

  heard(from: number, { requestId, term, index }: Extract<PlaneMessage, { kind: 'positionAnswer' }>): void {
    if (this.#wish?.requestId !== requestId || !this.#waiting.delete(from) || this.#newest === null) return;
    const { term: newestTerm, index: newestIndex } = this.#newest;
    if (term > newestTerm || (term === newestTerm && index > newestIndex)) this.#newest = { member: from, term, index };
  }

  /** The end of a wish, once. */
  takeEnd(nowMs: number): RecoveryEnd | null {
    const wish = this.#wish;
    if (this.#end === null && wish !== null && (this.#waiting.size === 0 || nowMs >= this.#deadlineMs)) {
      const newest = this.#newest?.member ?? 0;
      if (this.#waiting.size > 0) this.#end = { kind: 'silent', wish };
      else if (newest !== this.#replica.id) this.#end = { kind: 'behind', wish, newest };
      else this.#end = { kind: this.#isPermitted(wish, nowMs) ? 'go' : 'not-permitted', wish };
    }
    const end = this.#end;
    if (end === null) return null;
    if (end.wish === wish) this.#clear();
    this.#end = null;
    return end;
  }

  /** Only without a leader, with half of the members away or more, and only against those that are away. */
  #isPermitted({ evicting, operator, override }: RecoveryWish, nowMs: number): boolean {
    const { members } = this.#replica.group.state;
    const away = new Set(this.#reachability.unreachable(nowMs));
    const isMeant = operator !== '' && override !== '' && evicting.length > 0;
    const isLost = this.#replica.status.leader === 0 && this.#reachability.health(nowMs) === 'CRITICAL';
    return isMeant && isLost && members.has(this.#replica.id) && evicting.every((shortId) => away.has(shortId));
  }

  #clear(): void {
    this.#wish = null;
    this.#waiting.clear();
    this.#newest = null;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }
}

/** What the operator hears of a wish that is not carried out. */
export function recoveryOutcome(end: Exclude<RecoveryEnd, { kind: 'go' }>): RequestOutcome {
  if (end.kind === 'silent') return { kind: 'not-taken' };
  const result = end.kind === 'behind' ? refused('not-the-newest', end.newest) : refused('not-permitted');
  return { kind: 'result', result, index: 0 };
}

/** The evictions of a wish; the last one has its id, so that it is over with it. */
export function recoveryCommands(
  { requestId, evicting, operator, override }: RecoveryWish,
  actor: number,
  newId: () => string,
): Command[] {
  return evicting.map((shortId, at) => {
    const id = at === evicting.length - 1 ? requestId : newId();
    const header = { requestId: id, basis: 0, actor, operator, override, atMs: 0, health: 'CRITICAL' as const };
    return { header, body: { kind: 'evict', shortId, note: override } };
  });
}
