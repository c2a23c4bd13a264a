import {
  type Configuration,
  type Entry,
  EntryKind,
  GroupHost,
  type HardState,
  type HostReady,
  initialConfiguration,
  type MemberChange,
  memorySnapshot,
  type OutgoingFrame,
  type Proposal,
  type RaftOptions,
  type RaftStatus,
  type Refusal,
  type Snapshot,
  type SnapshotMeta,
} from '@peermesh/consensus';
import { type Applied, ControlGroup } from '../control-group/control-group.ts';
import { CONTROL_GROUP_ID, type DurableBatch } from './durable-batch.ts';

/** What a replica begins with: what its disk holds, or nothing. */
export interface ControlReplicaStart {
  /** The short id. */
  readonly id: number;
  /** Whether this replica founded the group: it begins as the only voter. */
  readonly isFounder: boolean;
  readonly hardState?: HardState | null;
  readonly snapshot?: Snapshot | null;
  readonly entries?: readonly Entry[];
  /** In [0, 1). */
  readonly random: () => number;
  readonly raft?: Partial<RaftOptions>;
  /** See GroupHostOptions; 0, which is the default, for never. */
  readonly quiesceTicks?: number;
  /** A snapshot is due after so many bytes of applied entries. */
  readonly snapshotBytes?: number;
}

/** What a replica wants done, and what has happened. */
export interface ReplicaReady {
  readonly frames: readonly OutgoingFrame[];
  readonly batches: readonly DurableBatch[];
  readonly applied: readonly AppliedEntry[];
  readonly reads: readonly { readonly context: string; readonly index: number }[];
  /** The state came whole, from another replica: what changed between is not in `applied`. */
  readonly isRestored: boolean;
}

/** A batch that is on its way to the disk: one of Raft's, or a snapshot of this replica's own. */
interface Waiting {
  readonly number: number;
  readonly ready: HostReady | null;
  readonly own: Snapshot | null;
}

/** A command that was applied, with its place in the log. */
export type AppliedEntry = Applied & { readonly index: number };

const SNAPSHOT_BYTES = 16 * 1024 * 1024;
const ENTRY_BYTES = 32;

/**
 * One replica of the control group: a group in a host of Raft groups, the state machine, and the order in which things become
 * durable. Pure.
 */
export class ControlReplica {
  readonly id: number;
  readonly group = new ControlGroup();
  readonly #host: GroupHost;
  readonly #start: ControlReplicaStart;
  readonly #snapshotBytes: number;
  readonly #waiting: Waiting[] = [];
  #batches: DurableBatch[] = [];
  #frames: OutgoingFrame[] = [];
  #number = 0;
  /** Applied when this replica went on alone, and not told yet. */
  #appliedAlone: AppliedEntry[] = [];
  /** The term of the snapshot that the log begins with. */
  #baseTerm: number;
  #appliedIndex = 0;
  #appliedBytes = 0;
  #compactTo: number | null = null;

  /** @throws ControlGroupError for a snapshot or an entry that is not known here */
  constructor(start: ControlReplicaStart) {
    const { id, isFounder, snapshot } = start;
    this.id = id;
    this.#start = start;
    this.#snapshotBytes = start.snapshotBytes ?? SNAPSHOT_BYTES;
    const founded = { index: 0, term: 0, configuration: initialConfiguration(isFounder ? [id] : []) };
    if (snapshot) this.group.restore(snapshot.data);
    this.#appliedIndex = snapshot?.index ?? 0;
    this.#baseTerm = snapshot?.term ?? 0;
    this.#host = new GroupHost({ id, random: start.random, quiesceTicks: start.quiesceTicks ?? 0 });
    this.#begin(snapshot ?? founded, start.hardState ?? null, start.entries ?? []);
  }

  get status(): RaftStatus {
    return this.#host.status(CONTROL_GROUP_ID) as RaftStatus;
  }

  get configuration(): Configuration {
    return this.#host.configuration(CONTROL_GROUP_ID);
  }

  /** The newest index whose effect is in the state. */
  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  /** The last entry of the log on this replica. */
  get position(): { readonly term: number; readonly index: number } {
    const { lastIndex: index } = this.status;
    return { term: this.#host.entriesAfter(CONTROL_GROUP_ID, index - 1).at(-1)?.term ?? this.#baseTerm, index };
  }

  /**
   * Goes on as the only voter with everything that is in the log of this replica, committed or not. It breaks the promise that a
   * majority makes: only for when that majority is gone for good, and on the newest of the replicas that are left.
   */
  goOnAlone(): void {
    const { term, index } = this.position;
    for (const entry of this.#host.entriesAfter(CONTROL_GROUP_ID, this.#appliedIndex))
      this.#apply(entry, this.#appliedAlone);
    const snapshot = { index, term, configuration: initialConfiguration([this.id]), data: this.group.snapshot() };
    const hardState = { ...this.#host.hardState(CONTROL_GROUP_ID), commit: index };
    // What is on its way to the disk is of the replica that was; it is written, and means nothing any more.
    for (const [at, { number }] of this.#waiting.entries()) this.#waiting[at] = { number, ready: null, own: null };
    this.#frames = [];
    this.#baseTerm = term;
    this.#appliedBytes = 0;
    this.#host.stop(CONTROL_GROUP_ID);
    this.#begin(snapshot, hardState, []);
    const number = ++this.#number;
    this.#waiting.push({ number, ready: null, own: null });
    const write = { group: CONTROL_GROUP_ID, hardState, restartAfter: index, entries: [] };
    this.#batches.push({ number, snapshot, write, compactTo: null });
  }

  tick(): void {
    this.#host.tick();
  }

  /**
   * A frame of another member's host.
   * @returns why it was refused, or null
   */
  received(from: number, bytes: Uint8Array): ReturnType<GroupHost['received']> {
    return this.#host.received(bytes, from);
  }

  /** What the failure detector says of a member: a silent group wakes, to elect another leader or to catch the member up. */
  reachable(member: number, isReachable: boolean): void {
    if (isReachable) this.#host.peerUp(member);
    else this.#host.peerDown(member);
  }

  /** A member is gone for good. */
  forget(member: number): void {
    this.#host.forgetPeer(member);
  }

  // The control group is always hosted: what the host refuses is what Raft refuses.

  propose(data: Uint8Array): Proposal {
    return this.#host.propose(CONTROL_GROUP_ID, data) as Proposal;
  }

  /** What a command would do if it were put into the log now, behind what is not applied yet. Costs a copy of the state. */
  preview(data: Uint8Array): Applied {
    const copy = new ControlGroup();
    copy.restore(this.group.snapshot());
    for (const entry of this.#host.entriesAfter(CONTROL_GROUP_ID, this.#appliedIndex))
      if (isCommand(entry)) copy.apply(entry.index, entry.data);
    return copy.apply(this.status.lastIndex + 1, data);
  }

  /** @throws ConfigurationError when the result makes no sense */
  changeMembers(changes: readonly MemberChange[]): Proposal {
    return this.#host.changeMembers(CONTROL_GROUP_ID, changes) as Proposal;
  }

  readIndex(context: string): { readonly refused: Refusal } | null {
    return this.#host.readIndex(CONTROL_GROUP_ID, context) as { readonly refused: Refusal } | null;
  }

  transferTo(target: number): boolean {
    return this.#host.transferTo(CONTROL_GROUP_ID, target);
  }

  isCaughtUp(replica: number): boolean {
    return replica === this.id || this.#host.isCaughtUp(CONTROL_GROUP_ID, replica);
  }

  /** A batch and all before it are durable: what waited for them may leave. */
  persisted(number: number): void {
    while ((this.#waiting[0]?.number ?? Number.POSITIVE_INFINITY) <= number) {
      const { ready, own } = this.#waiting.shift() as Waiting;
      if (ready !== null) {
        this.#host.persisted(ready.number);
        this.#frames.push(...ready.framesAfterPersist);
      }
      if (own !== null) {
        this.#host.compact(CONTROL_GROUP_ID, memorySnapshot(own));
        this.#baseTerm = own.term;
        this.#compactTo = own.index;
      }
    }
  }

  /** Everything that is due. @throws ControlGroupError when an entry is not known here: the replica must end */
  takeReady(): ReplicaReady {
    const applied = this.#appliedAlone;
    this.#appliedAlone = [];
    const reads: { readonly context: string; readonly index: number }[] = [];
    let isRestored = false;
    for (let ready = this.#host.takeReady(); ready !== null; ready = this.#host.takeReady()) {
      this.#frames.push(...ready.frames);
      if (ready.mustPersist) this.#write(ready);
      for (const { snapshot } of ready.snapshots) {
        this.group.restore(snapshot.data);
        this.#appliedIndex = snapshot.index;
        this.#baseTerm = snapshot.term;
        isRestored = true;
      }
      for (const { entries } of ready.committed) for (const entry of entries) this.#apply(entry, applied);
      reads.push(...ready.reads);
    }
    if (this.#appliedBytes >= this.#snapshotBytes) this.#takeSnapshot();
    const frames = this.#frames;
    const batches = this.#batches;
    this.#frames = [];
    this.#batches = [];
    return { frames, batches, applied, reads, isRestored };
  }

  #apply(entry: Entry, applied: AppliedEntry[]): void {
    const { index, data } = entry;
    if (index <= this.#appliedIndex) return;
    this.#appliedIndex = index;
    this.#appliedBytes += data.length + ENTRY_BYTES;
    if (isCommand(entry)) applied.push({ index, ...this.group.apply(index, data) });
  }

  #write(ready: HostReady): void {
    const number = ++this.#number;
    this.#waiting.push({ number, ready, own: null });
    const snapshot = ready.snapshots[0]?.snapshot ?? null;
    this.#batches.push({ number, snapshot, write: ready.writes[0] ?? null, compactTo: this.#compactTo });
    this.#compactTo = null;
  }

  #takeSnapshot(): void {
    const meta = this.#host.describeSnapshot(CONTROL_GROUP_ID, this.#appliedIndex);
    if (meta === null) return;
    this.#appliedBytes = 0;
    const own = { ...meta, data: this.group.snapshot() };
    const number = ++this.#number;
    this.#waiting.push({ number, ready: null, own });
    this.#batches.push({ number, snapshot: own, write: null, compactTo: null });
  }

  #begin(base: Snapshot | SnapshotMeta, hardState: HardState | null, entries: readonly Entry[]): void {
    const { raft } = this.#start;
    this.#host.start(CONTROL_GROUP_ID, {
      snapshot: base,
      entries,
      ...(hardState ? { hardState } : {}),
      ...('data' in base ? { source: memorySnapshot(base) } : {}),
      ...(raft ? { options: raft } : {}),
    });
  }
}

function isCommand({ kind, data }: Entry): boolean {
  return kind === EntryKind.command && data.length > 0;
}
