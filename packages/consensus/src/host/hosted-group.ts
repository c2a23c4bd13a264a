import { membersOf } from '../configuration.ts';
import type { ReplicaId } from '../entry.ts';
import type { Message } from '../message.ts';
import type { GroupId } from '../ports/log-store.ts';
import { RaftNode, type RaftStart } from '../raft-node.ts';
import type { Ready } from '../ready.ts';

type Silence = 'awake' | 'falling' | 'silent';

/** One group in a host: its replica, and whether the group has fallen silent. */
export class HostedGroup {
  readonly id: GroupId;
  readonly node: RaftNode;
  readonly #self: ReplicaId;
  readonly #quiesceTicks: number;
  #silence: Silence = 'awake';
  #idleTicks = 0;

  constructor(id: GroupId, start: RaftStart, quiesceTicks: number) {
    this.id = id;
    this.#quiesceTicks = quiesceTicks === 0 ? Number.POSITIVE_INFINITY : quiesceTicks;
    this.#self = start.id;
    this.node = new RaftNode(start);
  }

  get isSilent(): boolean {
    return this.#silence === 'silent';
  }

  has(replica: ReplicaId): boolean {
    return membersOf(this.node.configuration).includes(replica);
  }

  /** Something is to be done, or may be: the group ticks again. @returns whether it was silent */
  wake(): boolean {
    const wasSilent = this.isSilent;
    this.#silence = 'awake';
    this.#idleTicks = 0;
    return wasSilent;
  }

  tick(isAway: (replica: ReplicaId) => boolean): void {
    this.node.tick();
    this.#idleTicks += 1;
    if (this.#silence === 'falling' && !this.node.isAtRest(isAway)) this.wake();
    if (this.#silence === 'awake' && this.#idleTicks >= this.#quiesceTicks && this.node.isAtRest(isAway))
      this.#silence = this.#isAlone() ? 'silent' : 'falling';
  }

  /** Takes a message. @returns whether a silent group was woken by it */
  step(message: Message, isLast: boolean): boolean {
    const { type } = message;
    // Answers to the last heartbeat come when the leader has fallen silent already.
    const isLate = type === 'heartbeat-response' && this.isSilent && message.term <= this.node.status().term;
    if (isLate) return false;
    const wasSilent = this.isSilent;
    this.node.step(message);
    if (type === 'heartbeat') {
      const isSilent = isLast && this.node.isInStep(message);
      if (isSilent) this.#silence = 'silent';
      else if (wasSilent) this.wake();
    } else if (type !== 'heartbeat-response') this.wake();
    return wasSilent && !this.isSilent;
  }

  /** Whether a message out of a batch is a leader's last heartbeat to that follower; after these the group is silent. */
  isLastHeartbeat(message: Message): boolean {
    return message.type === 'heartbeat' && this.#silence === 'falling' && this.node.isCaughtUp(message.to);
  }

  /** A silent follower answers no heartbeat. */
  isWithheld(message: Message): boolean {
    return message.type === 'heartbeat-response' && this.isSilent;
  }

  /** The batch has left: a leader that was falling silent is so now, unless the batch shows that there was something to do. */
  taken({ messages, entries, committed }: Ready): void {
    if (entries.length > 0 || committed.length > 0) this.wake();
    const isSaid = messages.some(({ type }) => type === 'heartbeat');
    if (this.#silence === 'falling' && isSaid) this.#silence = 'silent';
  }

  #isAlone(): boolean {
    return membersOf(this.node.configuration).every((replica) => replica === this.#self);
  }
}
