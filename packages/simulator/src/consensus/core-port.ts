import type { Configuration } from './configuration.ts';
import type { ObservedEntry } from './replica-log.ts';
import type { Recovered, StoredSnapshot, StoredState } from './replica-store.ts';

/** What an outgoing message promises: the oracle compares it with the disk. */
export type Promised =
  | { readonly kind: 'vote'; readonly term: number; readonly candidate: string }
  | { readonly kind: 'acknowledgement'; readonly index: number };

/** A message of the core on its way; `body` is the core's own and is never changed after it was sent. */
export interface CoreMessage {
  readonly from: number;
  readonly to: number;
  readonly lane: number;
  readonly bytes: number;
  readonly body: unknown;
  readonly promised: Promised | null;
}

/** What a core wants done, as one batch. */
export interface CoreReady {
  readonly state: StoredState | undefined;
  readonly entries: readonly ObservedEntry[];
  /** Received from the leader: to be kept before anything else of this batch, and restored. */
  readonly snapshot: StoredSnapshot | null;
  /** May leave at once. */
  readonly messages: readonly CoreMessage[];
  /** May leave once state, entries and snapshot are durable. */
  readonly messagesAfterPersist: readonly CoreMessage[];
  readonly committed: readonly ObservedEntry[];
  readonly reads: readonly { readonly index: number; readonly context: string }[];
}

export interface CoreStatus {
  readonly term: number;
  readonly isLeader: boolean;
  readonly leader: number;
  readonly commit: number;
  /** Everything up to here is on the disk, by the core's account. */
  readonly durable: number;
  readonly lastIndex: number;
  readonly configuration: Configuration;
  readonly uncommittedBytes: number;
}

/** One step of membership, as an operator asks for it. Several members at once need a joint configuration. */
export type MembershipChange =
  | { readonly kind: 'add-learner'; readonly replica: number }
  | { readonly kind: 'promote'; readonly replica: number; readonly isWitness: boolean }
  | { readonly kind: 'remove'; readonly replica: number }
  | { readonly kind: 'swap'; readonly remove: number; readonly promote: number };

/** A replica's core, whatever its own interface is. Nothing in it knows of time, disks or sockets. */
export interface CorePort {
  tick(): void;
  step(message: CoreMessage): void;
  propose(data: Uint8Array): boolean;
  read(context: string): boolean;
  change(change: MembershipChange): boolean;
  transferTo(replica: number): boolean;
  takeReady(): CoreReady | null;
  /** The batch is durable. */
  persisted(ready: CoreReady): void;
  applied(index: number): void;
  /** Term and configuration of a snapshot at that index; null while they are not known, and none can be taken. */
  describeSnapshot(index: number): { readonly term: number; readonly meta: string } | null;
  /** A snapshot is durable; entries up to it can go. */
  compact(snapshot: StoredSnapshot): void;
  entriesAfter(index: number): readonly ObservedEntry[];
  stored(): StoredState;
  status(): CoreStatus;
  /** What an entry makes the configuration, or null when it is not about that. */
  configurationOf(entry: ObservedEntry): Configuration | null;
  readonly uncommittedBytesMax: number;
  /** Whether a member that was added has as much as a voter needs. */
  isCaughtUp(replica: number): boolean;
}

/** What a replica starts with. */
export interface CoreStart {
  readonly replica: number;
  readonly isWitness: boolean;
  /** The members of the first configuration; empty for a replica that joins later. */
  readonly members: readonly { readonly replica: number; readonly isWitness: boolean }[];
  readonly recovered: Extract<Recovered, { kind: 'intact' }>;
  readonly random: () => number;
}

export type CoreFactory = (start: CoreStart) => CorePort;
