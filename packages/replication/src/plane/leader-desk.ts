import type { Proposal } from '@peermesh/consensus';
import type { Command, CommandBody } from '../control-group/command.ts';
import { encodeCommand } from '../control-group/control-group.ts';
import type { AppliedEntry, ControlReplica } from './control-replica.ts';
import type { Departures } from './departures.ts';
import { answerMessage, type PlaneMessage, resultOf } from './plane-message.ts';
import type { Reachability } from './reachability.ts';

const READS_MAX = 1_024;
const REMOVING: ReadonlySet<CommandBody['kind']> = new Set(['leave', 'evict', 'revokeIdentity']);

/** What a leader does for other members: takes their commands, confirms their reads, and answers. */
export class LeaderDesk {
  readonly #replica: ControlReplica;
  readonly #reachability: Reachability;
  readonly #departures: Departures;
  readonly #send: (to: number, message: PlaneMessage) => void;
  /** Who asked for what is in the log and not applied yet, by request id. */
  readonly #askers = new Map<string, number>();
  /** Reads that wait for a quorum, by their context. */
  readonly #readers = new Map<string, { readonly to: number; readonly requestId: string }>();
  #readNumber = 0;
  /** The clock on the wall minus the clock of the node, ms. */
  wallOffsetMs = 0;

  constructor(
    replica: ControlReplica,
    reachability: Reachability,
    departures: Departures,
    send: (to: number, message: PlaneMessage) => void,
  ) {
    this.#replica = replica;
    this.#reachability = reachability;
    this.#departures = departures;
    this.#send = send;
  }

  /**
   * Puts a command into the log with the clock and the health as this leader sees them.
   * @returns null when it has to wait, and is to be asked for again soon: it removes a member that votes still
   */
  append({ header, body }: Command, nowMs: number): Proposal | null {
    const atMs = Math.max(0, Math.round(nowMs + this.wallOffsetMs));
    const health = this.#reachability.health(nowMs);
    const data = encodeCommand({ header: { ...header, atMs, health }, body });
    const removed = REMOVING.has(body.kind) ? this.#removedBy(data) : null;
    if (removed !== null && !this.#departures.ask(removed, nowMs)) return null;
    const proposal = this.#replica.propose(data);
    if (removed !== null && !('refused' in proposal)) this.#departures.appended(removed, nowMs);
    return proposal;
  }

  #removedBy(data: Uint8Array): number | null {
    const change = this.#replica.preview(data).changes.find(({ kind }) => kind === 'member-removed');
    return change?.kind === 'member-removed' ? change.member.shortId : null;
  }

  /** A command of another member. @returns false when it is in the name of a third one */
  request(from: number, command: Command, nowMs: number): boolean {
    const { requestId, actor } = command.header;
    if (actor !== from) return false;
    const answered = this.#replica.group.state.answered.get(requestId);
    if (answered !== undefined) {
      this.#send(from, answerMessage(requestId, answered.index, resultOf(answered)));
      return true;
    }
    const { role, leader } = this.#replica.status;
    if (role === 'leader' && isTaken(this.append(command, nowMs))) this.#askers.set(requestId, from);
    else this.#send(from, { kind: 'declined', requestId, leader });
    return true;
  }

  read(from: number, requestId: string): void {
    if (this.confirm(from, requestId)) return;
    this.#send(from, { kind: 'declined', requestId, leader: this.#replica.status.leader });
  }

  /** Asks the quorum whether this replica leads still. @returns false when it does not, or cannot know yet */
  confirm(to: number, requestId: string): boolean {
    const context = `${++this.#readNumber}`;
    if (this.#replica.readIndex(context) !== null) return false;
    this.#readers.set(context, { to, requestId });
    // Reads that a lost lead left behind are asked for again by whoever wanted them.
    for (const old of this.#readers.keys()) {
      if (this.#readers.size <= READS_MAX) break;
      this.#readers.delete(old);
    }
    return true;
  }

  /** A read was confirmed: answers it, or returns its request id when it is this node's own; else an empty text. */
  confirmed(context: string, index: number): string {
    const reader = this.#readers.get(context);
    if (reader === undefined) return '';
    this.#readers.delete(context);
    const { to, requestId } = reader;
    if (to === this.#replica.id) return requestId;
    this.#send(to, { kind: 'readAnswer', requestId, index });
    return '';
  }

  applied(entries: readonly AppliedEntry[]): void {
    for (const { requestId, result, index } of entries) {
      const asker = this.#askers.get(requestId);
      if (asker === undefined) continue;
      this.#askers.delete(requestId);
      this.#send(asker, answerMessage(requestId, index, result));
    }
    if (this.#replica.status.role !== 'leader') this.#askers.clear();
  }
}

/** Whether a command is in the log. */
export function isTaken(proposal: Proposal | null): boolean {
  return proposal !== null && !('refused' in proposal);
}
