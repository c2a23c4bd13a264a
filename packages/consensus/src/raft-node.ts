import {
  type Configuration,
  changed,
  encodeConfiguration,
  type MemberChange,
  NO_CONFIGURATION,
} from './configuration.ts';
import { countOwnVote } from './election.ts';
import { type Entry, EntryKind, type HardState, type ReplicaId, sizeOf } from './entry.ts';
import { tick, transferTo } from './leadership.ts';
import type { Heartbeat, Message } from './message.ts';
import { optionsOf, type RaftOptions } from './options.ts';
import { isAtRest, isInStep } from './quiescence.ts';
import { RaftLog } from './raft-log.ts';
import { RaftState } from './raft-state.ts';
import { readIndex, sendDueRound } from './read-index.ts';
import type { RaftStatus, Ready } from './ready.ts';
import { appendOwn, broadcastAppends, broadcastCommit, onOwnDurable } from './replication.ts';
import type { SnapshotMeta, SnapshotSource } from './snapshot.ts';
import { step } from './step.ts';

/** Why something was not taken. The caller asks the leader, or asks again later. */
export type Refusal = 'not-leader' | 'transferring' | 'too-much-uncommitted' | 'change-under-way' | 'too-early';

/** What was taken, by its position, or why not. */
export type Proposal = { readonly index: number; readonly term: number } | { readonly refused: Refusal };

/** What a replica starts with: what its disk holds, or nothing. */
export interface RaftStart {
  readonly id: ReplicaId;
  /** Keeps positions and no data; for the life of the replica. */
  readonly isWitness?: boolean;
  readonly hardState?: HardState;
  /** The newest snapshot, or the configuration that the group begins with at index 0. */
  readonly snapshot?: SnapshotMeta;
  /** The snapshot as followers get it; needed when there is one. */
  readonly source?: SnapshotSource;
  readonly entries?: readonly Entry[];
  /** In [0, 1). */
  readonly random: () => number;
  readonly options?: Partial<RaftOptions>;
}

/**
 * One replica of one Raft group, as a pure state machine in the shape of etcd-raft: it is told of ticks, messages and what
 * was written, and says by {@link takeReady} what it wants done. It knows of no clock, disk or socket, and never waits.
 */
export class RaftNode {
  readonly #state: RaftState;
  readonly #unpersisted: { readonly ready: Ready; readonly ownVoteTerm: number }[] = [];
  #taken: HardState;
  #number = 0;
  /** Entries were proposed that nobody was sent yet: those of one batch travel together. */
  #isAppendDue = false;

  /** @throws RangeError for bad options */
  constructor(start: RaftStart) {
    const snapshot = start.snapshot ?? { index: 0, term: 0, configuration: NO_CONFIGURATION };
    const hardState = start.hardState ?? { term: 0, vote: 0, commit: 0 };
    const log = new RaftLog(snapshot, start.entries ?? []);
    log.commitTo(Math.min(hardState.commit, log.lastIndex));
    this.#state = new RaftState({
      id: start.id,
      isWitness: start.isWitness === true,
      options: optionsOf(start.options ?? {}),
      log,
      hardState,
      random: start.random,
    });
    this.#state.source = start.source ?? null;
    this.#taken = hardState;
  }

  /** One unit of time has passed. */
  tick(): void {
    tick(this.#state, this.#unpersisted.length > 0);
  }

  /** A message has arrived; those of other groups, to others, and of the past are dropped. */
  step(message: Message): void {
    step(this.#state, message);
  }

  /** Puts a command into the log of the leader. It is committed when it comes out of {@link Ready.committed}, or never. */
  propose(data: Uint8Array): Proposal {
    const state = this.#state;
    const refused = this.#refusal();
    if (refused !== null) return { refused };
    const { uncommittedBytes } = state.log;
    const size = sizeOf({ index: 0, term: 0, kind: EntryKind.command, data });
    if (uncommittedBytes > 0 && uncommittedBytes + size > state.options.uncommittedBytesMax)
      return { refused: 'too-much-uncommitted' };
    return this.#append(EntryKind.command, data);
  }

  /**
   * Changes who takes part. The new configuration holds as soon as it is in a log; one that is joint is left by itself.
   * @throws ConfigurationError when the result makes no sense
   */
  changeMembers(changes: readonly MemberChange[]): Proposal {
    const { log } = this.#state;
    const refused = this.#refusal();
    if (refused !== null) return { refused };
    // One change at a time, and none before an entry of the own term is committed (Ongaro, raft-dev, 10 July 2015).
    if (log.configurationIndex > log.commit) return { refused: 'change-under-way' };
    if (log.termAt(log.commit) !== this.#state.term) return { refused: 'too-early' };
    if (log.configuration.outgoing.length > 0) return { refused: 'change-under-way' };
    return this.#append(EntryKind.configuration, encodeConfiguration(changed(log.configuration, changes)));
  }

  /** Asks for a read that sees everything that was committed by now; the answer comes in {@link Ready.reads}. */
  readIndex(context: string): { readonly refused: Refusal } | null {
    if (this.#state.role !== 'leader') return { refused: 'not-leader' };
    return readIndex(this.#state, context) ? null : { refused: 'too-early' };
  }

  /** Hands the lead over. @returns false when this replica does not lead or the other cannot */
  transferTo(target: ReplicaId): boolean {
    return transferTo(this.#state, target);
  }

  /** What is to be done by now; null when there is nothing. */
  takeReady(): Ready | null {
    const state = this.#state;
    if (state.isCommitDue) broadcastCommit(state);
    else if (this.#isAppendDue && state.role === 'leader') broadcastAppends(state);
    this.#isAppendDue = false;
    state.isCommitDue = false;
    sendDueRound(state);
    const { log } = state;
    const entries = log.between(log.taken + 1, log.lastIndex);
    const { installed } = state;
    const hardState = this.#hardStateDue(entries.length > 0 || installed !== null);
    const mustPersist = hardState !== null || entries.length > 0 || installed !== null;
    const committed = this.#committedDue();
    const isQuiet = state.messages.length + state.messagesAfterPersist.length + state.readStates.length === 0;
    if (!mustPersist && committed.length === 0 && isQuiet) return null;
    const ready: Ready = {
      number: ++this.#number,
      hardState,
      entries,
      snapshot: installed,
      messages: state.messages,
      messagesAfterPersist: state.messagesAfterPersist,
      committed,
      reads: state.readStates,
      mustPersist: mustPersist || state.messagesAfterPersist.length > 0,
    };
    if (ready.mustPersist) this.#unpersisted.push({ ready, ownVoteTerm: state.ownVoteTerm });
    state.ownVoteTerm = 0;
    state.messages = [];
    state.messagesAfterPersist = [];
    state.readStates = [];
    state.installed = null;
    log.taken = log.lastIndex;
    log.handedOut = committed.at(-1)?.index ?? log.handedOut;
    return ready;
  }

  /** A batch and all before it are durable. */
  persisted({ number }: Ready): void {
    const state = this.#state;
    while ((this.#unpersisted[0]?.ready.number ?? Number.POSITIVE_INFINITY) <= number) {
      const { ready, ownVoteTerm } = this.#unpersisted.shift() as { ready: Ready; ownVoteTerm: number };
      const last = ready.entries.at(-1) ?? ready.snapshot;
      if (last !== null) state.log.durableTo(last);
      if (ownVoteTerm !== 0) countOwnVote(state, ownVoteTerm);
    }
    state.stalledTicks = 0;
    onOwnDurable(state);
  }

  /** A snapshot of what was applied is durable: entries up to it are forgotten, and slow followers get it. */
  compact(source: SnapshotSource): void {
    this.#state.log.compact(source);
    this.#state.source = source;
  }

  /** A snapshot that was received is durable and can be sent on. */
  snapshotInstalled(source: SnapshotSource): void {
    this.#state.source = source;
  }

  /**
   * What a snapshot of everything up to an applied index stands for. Null while the configuration of that place is not known: the
   * one that a group began with is in no entry, and a replica that joined and got the log from its beginning hears of none before
   * the first change of members.
   * @throws RangeError for an index outside of the log
   */
  describeSnapshot(index: number): SnapshotMeta | null {
    const term = this.#state.log.termAt(index);
    if (term === undefined || index > this.#state.log.commit)
      throw new RangeError(`index ${index} is not committed or not in the log any more`);
    const configuration = this.#state.log.configurationAt(index);
    return configuration.voters.length === 0 ? null : { index, term, configuration };
  }

  /** Entries behind an index, for a log that begins anew with a snapshot. */
  entriesAfter(index: number): Entry[] {
    const { log } = this.#state;
    return log.between(Math.max(index, log.baseIndex) + 1, log.lastIndex);
  }

  get hardState(): HardState {
    const { term, vote, log } = this.#state;
    return { term, vote, commit: log.commit };
  }

  /** The newest configuration in the log, committed or not. */
  get configuration(): Configuration {
    return this.#state.configuration;
  }

  /** Whether a member that the leader hears of has everything that is committed. */
  isCaughtUp(replica: ReplicaId): boolean {
    const progress = this.#state.progress.get(replica);
    return progress !== undefined && progress.state === 'replicate' && progress.match >= this.#state.log.commit;
  }

  /** Whether a leader may fall silent until something is proposed, asked or heard; `isAway` names members that are not waited for. */
  isAtRest(isAway: (replica: ReplicaId) => boolean): boolean {
    return !this.#isAppendDue && !this.#state.isCommitDue && isAtRest(this.#state, isAway);
  }

  /** Whether a follower that took this heartbeat may fall silent with its leader. */
  isInStep(heartbeat: Heartbeat): boolean {
    return isInStep(this.#state, heartbeat);
  }

  status(): RaftStatus {
    const { role, term, vote, leader, log } = this.#state;
    const { commit, durable, lastIndex, uncommittedBytes } = log;
    return { role, term, vote, leader, commit, durable, lastIndex, uncommittedBytes };
  }

  #refusal(): Refusal | null {
    if (this.#state.role !== 'leader') return 'not-leader';
    return this.#state.transferTarget === 0 ? null : 'transferring';
  }

  #append(kind: EntryKind, data: Uint8Array): Proposal {
    const { index, term } = appendOwn(this.#state, kind, data);
    this.#isAppendDue = true;
    return { index, term };
  }

  /** Term and vote when they changed; the commit index goes along with whatever is written. */
  #hardStateDue(isWriting: boolean): HardState | null {
    const { term, vote, commit } = this.hardState;
    const isChanged = term !== this.#taken.term || vote !== this.#taken.vote;
    if (!isChanged && !(isWriting && commit !== this.#taken.commit)) return null;
    this.#taken = { term, vote, commit };
    return this.#taken;
  }

  /** Only what is on this replica's own disk is applied. */
  #committedDue(): Entry[] {
    const { log, options } = this.#state;
    const to = Math.min(log.commit, log.durable);
    if (to <= log.handedOut) return [];
    const fitting = log.slice(log.handedOut + 1, options.applyBytesMax);
    return fitting.slice(0, to - log.handedOut);
  }
}
