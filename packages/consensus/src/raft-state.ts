import { type Configuration, isElectable, membersOf } from './configuration.ts';
import type { HardState, ReplicaId } from './entry.ts';
import type { Message, MessageBody } from './message.ts';
import type { RaftOptions } from './options.ts';
import { Progress } from './progress.ts';
import type { RaftLog } from './raft-log.ts';
import type { Snapshot, SnapshotMeta, SnapshotSource } from './snapshot.ts';

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** A read that waits until its leader is confirmed. */
export interface PendingRead {
  readonly context: string;
  readonly index: number;
  readonly round: number;
}

/** A read that may be answered once `index` is applied. */
export interface ReadState {
  readonly context: string;
  readonly index: number;
}

/** Pieces of a snapshot that have arrived. */
export interface IncomingSnapshot {
  readonly from: ReplicaId;
  readonly meta: SnapshotMeta;
  readonly totalBytes: number;
  readonly chunks: Uint8Array[];
  offset: number;
}

/** The whole state of one replica of one group. The rules that change it are in the files beside this one. */
export class RaftState {
  readonly id: ReplicaId;
  readonly isWitness: boolean;
  readonly options: RaftOptions;
  readonly log: RaftLog;
  readonly #random: () => number;
  term: number;
  vote: ReplicaId;
  leader: ReplicaId = 0;
  role: Role = 'follower';
  electionElapsed = 0;
  electionTimeout = 0;
  heartbeatElapsed = 0;
  /** Ticks for which something has been on its way to the disk. */
  stalledTicks = 0;
  readonly votes = new Map<ReplicaId, boolean>();
  readonly progress = new Map<ReplicaId, Progress>();
  /** Who is to lead next; 0 when nobody was asked for. */
  transferTarget: ReplicaId = 0;
  transferTicks = 0;
  round = 0;
  /** A round that no heartbeat has carried yet. */
  isRoundDue = false;
  /** Followers are to learn of what was committed. */
  isCommitDue = false;
  pendingReads: PendingRead[] = [];
  readStates: ReadState[] = [];
  /** May leave at once. */
  messages: Message[] = [];
  /** May leave when all that was given out to be written is durable. */
  messagesAfterPersist: Message[] = [];
  /** A term in which this replica votes for itself, once that is durable. */
  ownVoteTerm = 0;
  incoming: IncomingSnapshot | null = null;
  /** Received and not given out yet. */
  installed: Snapshot | null = null;
  /** What slow followers get. */
  source: SnapshotSource | null = null;

  constructor(init: {
    readonly id: ReplicaId;
    readonly isWitness: boolean;
    readonly options: RaftOptions;
    readonly log: RaftLog;
    readonly hardState: HardState;
    readonly random: () => number;
  }) {
    this.id = init.id;
    this.isWitness = init.isWitness;
    this.options = init.options;
    this.log = init.log;
    this.#random = init.random;
    this.term = init.hardState.term;
    this.vote = init.hardState.vote;
    this.resetTimers();
  }

  get configuration(): Configuration {
    return this.log.configuration;
  }

  /**
   * Whether this replica may stand for election. While its removal is in its log and not known to be committed it may: it can be
   * the only one with that entry that can lead (dissertation, 4.2.2). Its own vote does not count then.
   */
  get isElectable(): boolean {
    const { configuration, log, id } = this;
    if (this.isWitness) return false;
    return isElectable(configuration, id) || isElectable(log.configurationAt(log.commit), id);
  }

  resetTimers(): void {
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    const { electionTicks } = this.options;
    this.electionTimeout = electionTicks + Math.floor(this.#random() * electionTicks);
  }

  send(to: ReplicaId, body: MessageBody, term = this.term): void {
    this.messages.push({ ...body, from: this.id, to, term } as Message);
  }

  /** For what promises something: it leaves when the promise is on disk. */
  sendDurably(to: ReplicaId, body: MessageBody): void {
    this.messagesAfterPersist.push({ ...body, from: this.id, to, term: this.term } as Message);
  }

  /** Follows `leader`, or nobody that is known yet. Promises of earlier terms that have not left are taken back. */
  becomeFollower(term: number, leader: ReplicaId): void {
    if (term > this.term) {
      this.term = term;
      this.vote = 0;
      this.ownVoteTerm = 0;
      this.messagesAfterPersist = this.messagesAfterPersist.filter((message) => message.term >= term);
    }
    this.role = 'follower';
    this.leader = leader;
    this.transferTarget = 0;
    this.pendingReads = [];
    this.isRoundDue = false;
    this.isCommitDue = false;
    this.votes.clear();
    this.progress.clear();
    this.resetTimers();
  }

  /** Everybody else who gets the log. */
  others(): ReplicaId[] {
    return membersOf(this.configuration).filter((replica) => replica !== this.id);
  }

  /** Makes the leader's view of followers that of the configuration. */
  trackMembers(): void {
    const members = new Set(membersOf(this.configuration));
    for (const replica of this.progress.keys()) if (!members.has(replica)) this.progress.delete(replica);
    for (const replica of members) {
      if (this.progress.has(replica)) continue;
      const progress = new Progress(this.log.lastIndex + 1);
      progress.isActive = true;
      this.progress.set(replica, progress);
    }
    if (this.transferTarget !== 0 && !isElectable(this.configuration, this.transferTarget)) this.transferTarget = 0;
  }
}
