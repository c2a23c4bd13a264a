import {
  type Configuration,
  type Entry,
  EntryKind,
  type HardState,
  initialConfiguration,
  type MemberChange,
  type Message,
  memorySnapshot,
  type Proposal,
  RaftNode,
  type RaftOptions,
  type RaftStatus,
  type Ready,
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
  /** A snapshot is due after so many bytes of applied entries. */
  readonly snapshotBytes?: number;
}

/** What a replica wants done, and what has happened. */
export interface ReplicaReady {
  readonly messages: readonly Message[];
  readonly batches: readonly DurableBatch[];
  readonly applied: readonly AppliedEntry[];
  readonly reads: readonly { readonly context: string; readonly index: number }[];
  /** The state came whole, from another replica: what changed between is not in `applied`. */
  readonly isRestored: boolean;
}

/** A batch that is on its way to the disk: one of Raft's, or a snapshot of this replica's own. */
interface Waiting {
  readonly number: number;
  readonly ready: Ready | null;
  readonly own: Snapshot | null;
}

/** A command that was applied, with its place in the log. */
export type AppliedEntry = Applied & { readonly index: number };

const SNAPSHOT_BYTES = 16 * 1024 * 1024;
const ENTRY_BYTES = 32;

/** One replica of the control group: Raft, the state machine, and the order in which things become durable. Pure. */
export class ControlReplica {
  readonly id: number;
  readonly group = new ControlGroup();
  #raft: RaftNode;
  readonly #start: ControlReplicaStart;
  readonly #snapshotBytes: number;
  readonly #waiting: Waiting[] = [];
  #batches: DurableBatch[] = [];
  #messages: Message[] = [];
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
    this.#raft = raftOf(start, snapshot ?? founded);
  }

  get status(): RaftStatus {
    return this.#raft.status();
  }

  get configuration(): Configuration {
    return this.#raft.configuration;
  }

  /** The newest index whose effect is in the state. */
  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  /** The last entry of the log on this replica. */
  get position(): { readonly term: number; readonly index: number } {
    const { lastIndex: index } = this.#raft.status();
    return { term: this.#raft.entriesAfter(index - 1).at(-1)?.term ?? this.#baseTerm, index };
  }

  /**
   * Goes on as the only voter with everything that is in the log of this replica, committed or not. It breaks the promise that a
   * majority makes: only for when that majority is gone for good, and on the newest of the replicas that are left.
   */
  goOnAlone(): void {
    const { term, index } = this.position;
    for (const entry of this.#raft.entriesAfter(this.#appliedIndex)) this.#apply(entry, this.#appliedAlone);
    const snapshot = { index, term, configuration: initialConfiguration([this.id]), data: this.group.snapshot() };
    const hardState = { ...this.#raft.hardState, commit: index };
    // What is on its way to the disk is of the replica that was; it is written, and means nothing any more.
    for (const [at, { number }] of this.#waiting.entries()) this.#waiting[at] = { number, ready: null, own: null };
    this.#messages = [];
    this.#baseTerm = term;
    this.#appliedBytes = 0;
    this.#raft = raftOf({ ...this.#start, hardState, entries: [], snapshot }, snapshot);
    const number = ++this.#number;
    this.#waiting.push({ number, ready: null, own: null });
    const write = { group: CONTROL_GROUP_ID, hardState, restartAfter: index, entries: [] };
    this.#batches.push({ number, snapshot, write, compactTo: null });
  }

  tick(): void {
    this.#raft.tick();
  }

  step(message: Message): void {
    this.#raft.step(message);
  }

  propose(data: Uint8Array): Proposal {
    return this.#raft.propose(data);
  }

  /** @throws ConfigurationError when the result makes no sense */
  changeMembers(changes: readonly MemberChange[]): Proposal {
    return this.#raft.changeMembers(changes);
  }

  readIndex(context: string): { readonly refused: Refusal } | null {
    return this.#raft.readIndex(context);
  }

  transferTo(target: number): boolean {
    return this.#raft.transferTo(target);
  }

  isCaughtUp(replica: number): boolean {
    return replica === this.id || this.#raft.isCaughtUp(replica);
  }

  /** A batch and all before it are durable: what waited for them may leave. */
  persisted(number: number): void {
    while ((this.#waiting[0]?.number ?? Number.POSITIVE_INFINITY) <= number) {
      const { ready, own } = this.#waiting.shift() as Waiting;
      if (ready !== null) {
        this.#raft.persisted(ready);
        this.#messages.push(...ready.messagesAfterPersist);
        if (ready.snapshot !== null) this.#raft.snapshotInstalled(memorySnapshot(ready.snapshot));
      }
      if (own !== null) {
        this.#raft.compact(memorySnapshot(own));
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
    for (let ready = this.#raft.takeReady(); ready !== null; ready = this.#raft.takeReady()) {
      this.#messages.push(...ready.messages);
      if (ready.mustPersist) this.#write(ready);
      else this.#messages.push(...ready.messagesAfterPersist);
      if (ready.snapshot !== null) {
        this.group.restore(ready.snapshot.data);
        this.#appliedIndex = ready.snapshot.index;
        this.#baseTerm = ready.snapshot.term;
        isRestored = true;
      }
      for (const entry of ready.committed) this.#apply(entry, applied);
      reads.push(...ready.reads);
    }
    if (this.#appliedBytes >= this.#snapshotBytes) this.#takeSnapshot();
    const messages = this.#messages;
    const batches = this.#batches;
    this.#messages = [];
    this.#batches = [];
    return { messages, batches, applied, reads, isRestored };
  }

  #apply(entry: Entry, applied: AppliedEntry[]): void {
    const { index, kind, data } = entry;
    if (index <= this.#appliedIndex) return;
    this.#appliedIndex = index;
    this.#appliedBytes += data.length + ENTRY_BYTES;
    if (kind === EntryKind.command && data.length > 0) applied.push({ index, ...this.group.apply(index, data) });
  }

  #write(ready: Ready): void {
    const { hardState, entries, snapshot } = ready;
    const number = ++this.#number;
    const restartAfter = snapshot?.index ?? null;
    this.#waiting.push({ number, ready, own: null });
    const write = { group: CONTROL_GROUP_ID, hardState, restartAfter, entries };
    this.#batches.push({ number, snapshot, write, compactTo: this.#compactTo });
    this.#compactTo = null;
  }

  #takeSnapshot(): void {
    this.#appliedBytes = 0;
    const own = { ...this.#raft.describeSnapshot(this.#appliedIndex), data: this.group.snapshot() };
    const number = ++this.#number;
    this.#waiting.push({ number, ready: null, own });
    this.#batches.push({ number, snapshot: own, write: null, compactTo: null });
  }
}

function raftOf(start: ControlReplicaStart, base: Snapshot | SnapshotMeta): RaftNode {
  const { id, hardState, entries = [], random, raft } = start;
  return new RaftNode({
    id,
    snapshot: base,
    entries,
    random,
    ...(hardState ? { hardState } : {}),
    ...('data' in base ? { source: memorySnapshot(base) } : {}),
    ...(raft ? { options: raft } : {}),
  });
}
