import type { Configuration, MemberChange } from '../configuration.ts';
import type { Entry, HardState, ReplicaId } from '../entry.ts';
import type { GroupId } from '../ports/log-store.ts';
import type { Proposal, RaftStart, Refusal } from '../raft-node.ts';
import type { RaftStatus } from '../ready.ts';
import { memorySnapshot, type SnapshotMeta, type SnapshotSource } from '../snapshot.ts';
import { decodeFrame, type FrameRefusal } from '../wire/frame.ts';
import { BatchBuilder, type GroupReady } from './batch-builder.ts';
import type { HostReady } from './host-ready.ts';
import { HostedGroup } from './hosted-group.ts';
import { Outbox } from './outbox.ts';

/** Idle groups fall silent after this, for ticks of 100 ms: 5 s. */
const QUIESCE_TICKS = 50;

export interface GroupHostOptions {
  /** The replica id that all groups of this host have: the node's short id. */
  readonly id: ReplicaId;
  /** In [0, 1). */
  readonly random: () => number;
  /** Ticks without work after which a group falls silent; 0 for never. */
  readonly quiesceTicks?: number;
}

/** What a replica is started with, besides what the host knows. */
export interface GroupStart extends Omit<RaftStart, 'id' | 'random'> {
  /** Instead of that of the host: a group whose leader is to be missed within an election time never falls silent. */
  readonly quiesceTicks?: number;
}

/** What was not done, by reason. */
export interface HostCounters {
  readonly refusedFrames: Readonly<Record<FrameRefusal, number>>;
  /** Frames to another replica than this: a node that was replaced, or a wrong route. */
  readonly misaddressedFrames: number;
  /** Messages of groups that are not hosted here. */
  readonly unknownGroups: number;
}

type Outcome = Proposal | { readonly refused: 'no-such-group' };

/**
 * Many Raft groups on one node, as a pure state machine: their messages share frames, their writes one durable write, their
 * heartbeats one list for each other node; groups without work fall silent. It is told of ticks, frames and what was written,
 * and says by {@link takeReady} what it wants done.
 */
export class GroupHost {
  readonly id: ReplicaId;
  readonly #random: () => number;
  readonly #quiesceTicks: number;
  readonly #groups = new Map<GroupId, HostedGroup>();
  /** Those that tick. */
  readonly #awake = new Set<HostedGroup>();
  /** Those that may have something to say. */
  readonly #touched = new Set<HostedGroup>();
  readonly #away = new Set<ReplicaId>();
  readonly #outbox: Outbox;
  readonly #unpersisted: { readonly number: number; readonly parts: readonly GroupReady[] }[] = [];
  readonly #refused: Record<FrameRefusal, number> = {
    'unknown-version': 0,
    truncated: 0,
    malformed: 0,
    'too-large': 0,
  };
  #misaddressed = 0;
  #unknownGroups = 0;
  #number = 0;

  constructor({ id, random, quiesceTicks = QUIESCE_TICKS }: GroupHostOptions) {
    this.id = id;
    this.#random = random;
    this.#quiesceTicks = quiesceTicks;
    this.#outbox = new Outbox(id);
  }

  /** Begins with what is durable of a group. @throws RangeError for a group that is hosted already, or bad options */
  start(group: GroupId, start: GroupStart): void {
    if (!Number.isInteger(group) || group < 1 || group > 0xffff_ffff) throw new RangeError(`${group} is no group`);
    if (this.#groups.has(group)) throw new RangeError(`group ${group} is hosted already`);
    const { quiesceTicks = this.#quiesceTicks, ...raft } = start;
    const hosted = new HostedGroup(group, { ...raft, id: this.id, random: this.#random }, quiesceTicks);
    this.#groups.set(group, hosted);
    this.#awake.add(hosted);
    this.#touched.add(hosted);
  }

  /** Ends a group here: nothing of it happens any more, as after a crash. What is under way to the disk is not heard of. */
  stop(group: GroupId): void {
    const hosted = this.#groups.get(group);
    if (hosted === undefined) return;
    this.#groups.delete(group);
    this.#awake.delete(hosted);
    this.#touched.delete(hosted);
  }

  get groups(): readonly GroupId[] {
    return [...this.#groups.keys()];
  }

  /** One unit of time has passed; silent groups cost nothing. */
  tick(): void {
    const isAway = (replica: ReplicaId): boolean => this.#away.has(replica);
    for (const hosted of this.#awake) {
      hosted.tick(isAway);
      if (hosted.isSilent) this.#awake.delete(hosted);
      this.#touched.add(hosted);
    }
  }

  /**
   * A frame has arrived; its bytes belong to the host from now on.
   * @param sender who sent it, where the carrier knows that: a frame in the name of another is misaddressed
   * @returns why it was refused, or null. Refusals are counted, nothing throws
   */
  received(bytes: Uint8Array, sender?: ReplicaId): FrameRefusal | 'misaddressed' | null {
    const decoded = decodeFrame(bytes);
    if ('refused' in decoded) {
      this.#refused[decoded.refused] += 1;
      return decoded.refused;
    }
    const { from, to } = decoded;
    if (to !== this.id || from === this.id || from !== (sender ?? from)) {
      this.#misaddressed += 1;
      return 'misaddressed';
    }
    for (const { group, message, isLast = false } of decoded.messages) {
      const hosted = this.#groups.get(group);
      if (hosted === undefined) {
        this.#unknownGroups += 1;
        continue;
      }
      hosted.step(message, isLast);
      if (!hosted.isSilent) this.#awake.add(hosted);
      this.#touched.add(hosted);
    }
    return null;
  }

  /** Another node is gone, as failure detection has it: silent groups that it is in wake, and elect if it led. */
  peerDown(peer: ReplicaId): void {
    this.#away.add(peer);
    this.#wakeThoseOf(peer);
  }

  /** Another node is back: groups that it is in wake and catch it up. */
  peerUp(peer: ReplicaId): void {
    if (!this.#away.delete(peer)) return;
    this.#wakeThoseOf(peer);
  }

  /** Another node is gone for good. */
  forgetPeer(peer: ReplicaId): void {
    this.#away.delete(peer);
    this.#outbox.forget(peer);
  }

  propose(group: GroupId, data: Uint8Array): Outcome {
    const hosted = this.#use(group);
    return hosted === null ? { refused: 'no-such-group' } : hosted.node.propose(data);
  }

  /** @throws ConfigurationError when the result makes no sense */
  changeMembers(group: GroupId, changes: readonly MemberChange[]): Outcome {
    const hosted = this.#use(group);
    return hosted === null ? { refused: 'no-such-group' } : hosted.node.changeMembers(changes);
  }

  /** The answer comes in {@link HostReady.reads}; reads of a leader that steps down are forgotten. */
  readIndex(group: GroupId, context: string): { readonly refused: Refusal | 'no-such-group' } | null {
    const hosted = this.#use(group);
    return hosted === null ? { refused: 'no-such-group' } : hosted.node.readIndex(context);
  }

  transferTo(group: GroupId, target: ReplicaId): boolean {
    return this.#use(group)?.node.transferTo(target) ?? false;
  }

  /** What is to be done by now, of all groups; null when there is nothing. Ask until it is null. */
  takeReady(): HostReady | null {
    const batch = new BatchBuilder(this.#outbox);
    for (const hosted of this.#touched) {
      const ready = hosted.node.takeReady();
      if (ready === null) {
        this.#touched.delete(hosted);
        continue;
      }
      batch.add(hosted, ready);
      hosted.taken(ready);
      if (hosted.isSilent) this.#awake.delete(hosted);
      else this.#awake.add(hosted);
    }
    if (batch.isEmpty) return null;
    this.#number += 1;
    const ready = batch.finish(this.#number);
    if (ready.mustPersist) this.#unpersisted.push({ number: this.#number, parts: batch.durableParts });
    return ready;
  }

  /** A batch and all before it are durable, snapshots included. */
  persisted(number: number): void {
    while ((this.#unpersisted[0]?.number ?? Number.POSITIVE_INFINITY) <= number) {
      const { parts = [] } = this.#unpersisted.shift() ?? {};
      for (const { hosted, ready } of parts) {
        if (this.#groups.get(hosted.id) !== hosted) continue;
        hosted.node.persisted(ready);
        if (ready.snapshot !== null) hosted.node.snapshotInstalled(memorySnapshot(ready.snapshot));
        this.#touched.add(hosted);
      }
    }
  }

  /** A snapshot that was received can be read where it is kept now, instead of in memory. */
  snapshotInstalled(group: GroupId, source: SnapshotSource): void {
    this.#groups.get(group)?.node.snapshotInstalled(source);
  }

  /** See RaftNode. @throws RangeError for an index outside of the log, or a group that is not hosted */
  describeSnapshot(group: GroupId, index: number): SnapshotMeta | null {
    return this.#hosted(group).node.describeSnapshot(index);
  }

  /** A snapshot of what was applied is durable: entries up to it are forgotten. */
  compact(group: GroupId, source: SnapshotSource): void {
    this.#groups.get(group)?.node.compact(source);
  }

  /** The log of a group behind an index, for whoever writes it anew. @throws RangeError for a group that is not hosted */
  entriesAfter(group: GroupId, index: number): Entry[] {
    return this.#hosted(group).node.entriesAfter(index);
  }

  /** Null for a group that is not hosted. */
  status(group: GroupId): (RaftStatus & { readonly isSilent: boolean }) | null {
    const hosted = this.#groups.get(group);
    return hosted === undefined ? null : { ...hosted.node.status(), isSilent: hosted.isSilent };
  }

  /** @throws RangeError for a group that is not hosted */
  hardState(group: GroupId): HardState {
    return this.#hosted(group).node.hardState;
  }

  /** The newest configuration in the log of a group. @throws RangeError for a group that is not hosted */
  configuration(group: GroupId): Configuration {
    return this.#hosted(group).node.configuration;
  }

  /** Whether a member that the leader of a group hears of has everything that is committed. */
  isCaughtUp(group: GroupId, replica: ReplicaId): boolean {
    return this.#groups.get(group)?.node.isCaughtUp(replica) ?? false;
  }

  counters(): HostCounters {
    return {
      refusedFrames: { ...this.#refused },
      misaddressedFrames: this.#misaddressed,
      unknownGroups: this.#unknownGroups,
    };
  }

  /** A group that something is asked of: it wakes. */
  #use(group: GroupId): HostedGroup | null {
    const hosted = this.#groups.get(group);
    if (hosted === undefined) return null;
    this.#wake(hosted);
    return hosted;
  }

  #wakeThoseOf(peer: ReplicaId): void {
    for (const hosted of this.#groups.values()) if (hosted.isSilent && hosted.has(peer)) this.#wake(hosted);
  }

  #wake(hosted: HostedGroup): void {
    hosted.wake();
    this.#awake.add(hosted);
    this.#touched.add(hosted);
  }

  #hosted(group: GroupId): HostedGroup {
    const hosted = this.#groups.get(group);
    if (hosted === undefined) throw new RangeError(`group ${group} is not hosted here`);
    return hosted;
  }
}
