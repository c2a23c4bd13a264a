import type { Command } from '../control-group/command.ts';
import type { AppliedEntry, ControlReplica } from './control-replica.ts';
import { isTaken, type LeaderDesk } from './leader-desk.ts';
import type { PlaneConfig } from './plane-config.ts';
import { type PlaneMessage, resultOf } from './plane-message.ts';
import { type PendingRequest, type RequestOutcome, Requests } from './requests.ts';

type MessageOf<Kind extends PlaneMessage['kind']> = Extract<PlaneMessage, { kind: Kind }>;

/**
 * What this node asks of the control group: sent to whoever leads, again until it has an outcome, and done once. A command waits for the
 * leader's index first, as a read does: what this node has applied may be older than all that the group remembers of requests.
 */
export class OwnRequests {
  readonly #replica: ControlReplica;
  readonly #desk: LeaderDesk;
  readonly #config: PlaneConfig;
  readonly #send: (to: number, message: PlaneMessage) => void;
  readonly #requests = new Requests();
  #outcomes: { requestId: string; outcome: RequestOutcome }[] = [];
  #leader = 0;

  constructor(
    replica: ControlReplica,
    desk: LeaderDesk,
    config: PlaneConfig,
    send: (to: number, message: PlaneMessage) => void,
  ) {
    this.#replica = replica;
    this.#desk = desk;
    this.#config = config;
    this.#send = send;
  }

  get wakeAtMs(): number {
    return this.#requests.wakeAtMs;
  }

  /** Those that have no outcome yet. */
  get pending(): readonly string[] {
    return Array.from(this.#requests.all(), ({ requestId }) => requestId);
  }

  /** @param command null for a read */
  begin(requestId: string, command: Command | null, timeoutMs: number, nowMs: number): string {
    // Before the first command of a mesh there is nothing, and nobody to ask.
    const basis = command?.body.kind === 'create' ? 0 : null;
    const progress = { basis, sendAtMs: nowMs, maybeTaken: false, ownTerm: 0, readAt: null };
    this.#requests.add({ requestId, command, deadlineMs: nowMs + timeoutMs, ...progress });
    return requestId;
  }

  tick(nowMs: number): void {
    const { leader } = this.#replica.status;
    if (leader !== this.#leader) {
      this.#leader = leader;
      this.#requests.hurry(nowMs);
    }
    for (const request of this.#requests.all()) this.#drive(request, nowMs);
  }

  /**
   * A result counts when this replica has applied it as well, so that whoever asked sees it; one that left never will.
   * @returns whether this node has left
   */
  onAnswer(message: MessageOf<'answer'>): boolean {
    const command = this.#requests.get(message.requestId)?.command;
    if (command?.body.kind !== 'leave' || command.body.shortId !== this.#replica.id) return false;
    this.end(message.requestId, { kind: 'result', result: resultOf(message), index: message.index });
    return message.outcome === 'done';
  }

  onDeclined({ requestId, leader }: MessageOf<'declined'>, nowMs: number): void {
    const request = this.#requests.get(requestId);
    if (request === undefined) return;
    const pauseMs = leader === 0 ? this.#config.tickMs * 2 : this.#config.tickMs;
    request.sendAtMs = Math.min(request.sendAtMs, nowMs + pauseMs);
  }

  /** The leader was confirmed: a read is over when that index is applied here, and a command can be sent. */
  onReadAt(requestId: string, index: number, nowMs: number): void {
    const request = this.#requests.get(requestId);
    if (request === undefined) return;
    if (request.command === null) request.readAt ??= index;
    else if (request.basis === null) {
      // Only the first answer: another one may be newer than the entry of the command.
      request.basis = index;
      request.sendAtMs = nowMs;
    }
  }

  /** What was applied, and what a whole state says of requests that were answered in a part of the log that was never seen. */
  applied(entries: readonly AppliedEntry[], isRestored: boolean): void {
    for (const { requestId, result, index } of entries) this.end(requestId, { kind: 'result', result, index });
    const { answered } = this.#replica.group.state;
    for (const { requestId } of isRestored ? this.#requests.all() : []) {
      const answer = answered.get(requestId);
      if (answer !== undefined) this.end(requestId, { kind: 'result', result: resultOf(answer), index: answer.index });
    }
  }

  endReads(): void {
    const { appliedIndex: index } = this.#replica;
    for (const { requestId, readAt } of this.#requests.all())
      if (readAt !== null && readAt <= index) this.end(requestId, { kind: 'read', index });
  }

  end(requestId: string, outcome: RequestOutcome): void {
    if (this.#requests.end(requestId)) this.tell(requestId, outcome);
  }

  /** An outcome of something that was never a request of the group. */
  tell(requestId: string, outcome: RequestOutcome): void {
    this.#outcomes.push({ requestId, outcome });
  }

  takeOutcomes(): readonly { readonly requestId: string; readonly outcome: RequestOutcome }[] {
    const outcomes = this.#outcomes;
    this.#outcomes = [];
    return outcomes;
  }

  #drive(request: PendingRequest, nowMs: number): void {
    const { requestId, basis } = request;
    if (nowMs >= request.deadlineMs) return this.end(requestId, { kind: request.maybeTaken ? 'unknown' : 'not-taken' });
    if (nowMs < request.sendAtMs || request.readAt !== null) return;
    const { role, leader, term } = this.#replica.status;
    request.sendAtMs = nowMs + (leader === 0 ? this.#config.tickMs : this.#config.retryMs);
    if (request.command === null || basis === null) {
      if (role !== 'leader') {
        if (leader !== 0) this.#send(leader, { kind: 'read', requestId });
      } else if (!this.#desk.confirm(this.#replica.id, requestId)) request.sendAtMs = nowMs + this.#config.tickMs;
      return;
    }
    const { header, body } = request.command;
    const command = { header: { ...header, basis }, body };
    if (role === 'leader') {
      if (request.ownTerm === term) return;
      if (isTaken(this.#desk.append(command, nowMs))) {
        request.maybeTaken = true;
        request.ownTerm = term;
      } else request.sendAtMs = nowMs + this.#config.tickMs;
    } else if (leader !== 0) {
      this.#send(leader, { kind: 'request', command });
      request.maybeTaken = true;
    }
  }
}
