import {
  ConfigurationError,
  decodeConfiguration,
  type Entry,
  EntryKind,
  initialConfiguration,
  type MemberChange,
  type Message,
  memorySnapshot,
  type Configuration as RaftConfiguration,
  RaftNode,
  type RaftOptions,
  type Ready,
  type SnapshotMeta,
} from '@peermesh/consensus';
import type { Configuration } from './configuration.ts';
import type {
  CoreFactory,
  CoreMessage,
  CorePort,
  CoreReady,
  CoreStart,
  CoreStatus,
  MembershipChange,
  Promised,
} from './core-port.ts';
import type { ObservedEntry } from './replica-log.ts';
import type { StoredSnapshot, StoredState } from './replica-store.ts';

const CONTROL_LANE = 0;
const PRIORITY_LANE = 1;
const BULK_LANE = 2;

/** A batch with the core's own behind it. */
interface RaftReady extends CoreReady {
  readonly origin: Ready;
}

/** packages/consensus as the simulation drives it. */
class RaftCore implements CorePort {
  readonly #node: RaftNode;
  readonly uncommittedBytesMax: number;

  constructor({ replica, isWitness, members, recovered, random }: CoreStart) {
    const options = drawOptions(random);
    this.uncommittedBytesMax = options.uncommittedBytesMax;
    const { snapshot } = recovered;
    const started = snapshot === null ? startOf(members) : metaOf(snapshot);
    this.#node = new RaftNode({
      id: replica,
      isWitness,
      hardState: recovered.state,
      ...(started === null ? {} : { snapshot: started }),
      ...(snapshot === null ? {} : { source: memorySnapshot({ ...metaOf(snapshot), data: snapshot.data }) }),
      entries: recovered.entries as readonly Entry[],
      random,
      options,
    });
  }

  tick(): void {
    this.#node.tick();
  }

  step({ body }: CoreMessage): void {
    this.#node.step(body as Message);
  }

  propose(data: Uint8Array): boolean {
    return !('refused' in this.#node.propose(data));
  }

  read(context: string): boolean {
    return this.#node.readIndex(context) === null;
  }

  change(change: MembershipChange): boolean {
    try {
      return !('refused' in this.#node.changeMembers(changesOf(change)));
    } catch (error) {
      if (error instanceof ConfigurationError) return false;
      throw error;
    }
  }

  transferTo(replica: number): boolean {
    return this.#node.transferTo(replica);
  }

  takeReady(): RaftReady | null {
    const origin = this.#node.takeReady();
    if (origin === null) return null;
    const { hardState, entries, snapshot, committed, reads } = origin;
    return {
      origin,
      state: hardState ?? undefined,
      entries,
      snapshot: snapshot === null ? null : storedSnapshot(snapshot, snapshot.data),
      messages: origin.messages.map(addressed),
      messagesAfterPersist: origin.messagesAfterPersist.map(addressed),
      committed,
      reads,
    };
  }

  persisted(ready: CoreReady): void {
    const { origin } = ready as RaftReady;
    if (!origin.mustPersist) return;
    this.#node.persisted(origin);
    if (origin.snapshot !== null) this.#node.snapshotInstalled(memorySnapshot(origin.snapshot));
  }

  applied(): void {}

  describeSnapshot(index: number): { term: number; meta: string } | null {
    const described = this.#node.describeSnapshot(index);
    return described && { term: described.term, meta: JSON.stringify(described.configuration) };
  }

  compact(snapshot: StoredSnapshot): void {
    this.#node.compact(memorySnapshot({ ...metaOf(snapshot), data: snapshot.data }));
  }

  entriesAfter(index: number): readonly ObservedEntry[] {
    return this.#node.entriesAfter(index);
  }

  stored(): StoredState {
    return this.#node.hardState;
  }

  status(): CoreStatus {
    const { role, term, leader, commit, durable, lastIndex, uncommittedBytes } = this.#node.status();
    const configuration = named(this.#node.configuration);
    return { term, isLeader: role === 'leader', leader, commit, durable, lastIndex, configuration, uncommittedBytes };
  }

  configurationOf({ kind, data }: ObservedEntry): Configuration | null {
    return kind === EntryKind.configuration ? named(decodeConfiguration(data)) : null;
  }

  isCaughtUp(replica: number): boolean {
    return this.#node.isCaughtUp(replica);
  }
}

export const createRaftCore: CoreFactory = (start) => new RaftCore(start);

/** Small limits half of the time: what is never reached is never tested. */
export function drawOptions(random: () => number): Pick<RaftOptions, 'uncommittedBytesMax'> & Partial<RaftOptions> {
  const pick = (small: number, large: number): number => (random() < 0.5 ? small : large);
  return {
    inFlightMax: pick(2, 256),
    appendBytesMax: random() < 0.25 ? 1 : pick(200, 65_536),
    uncommittedBytesMax: pick(2_000, 1_048_576),
    applyBytesMax: pick(300, 65_536),
    snapshotChunkBytes: pick(64, 65_536),
  };
}

export function startOf(members: CoreStart['members']): SnapshotMeta | null {
  if (members.length === 0) return null;
  const ids = (isWitness: boolean): number[] =>
    members.filter((member) => member.isWitness === isWitness).map(({ replica }) => replica);
  return { index: 0, term: 0, configuration: initialConfiguration(ids(false), ids(true)) };
}

export function metaOf({ index, term, meta }: StoredSnapshot): SnapshotMeta {
  return { index, term, configuration: JSON.parse(meta) as RaftConfiguration };
}

export function storedSnapshot({ index, term, configuration }: SnapshotMeta, data: Uint8Array): StoredSnapshot {
  return { index, term, meta: JSON.stringify(configuration), data };
}

export function changesOf(change: MembershipChange): MemberChange[] {
  switch (change.kind) {
    case 'add-learner':
      return [{ kind: 'add-learner', replica: change.replica }];
    case 'promote':
      return [{ kind: change.isWitness ? 'add-witness' : 'add-voter', replica: change.replica }];
    case 'remove':
      return [{ kind: 'remove', replica: change.replica }];
    case 'swap':
      return [
        { kind: 'remove', replica: change.remove },
        { kind: 'add-voter', replica: change.promote },
      ];
  }
}

export function named({ voters, outgoing, learners, learnersNext, witnesses }: RaftConfiguration): Configuration {
  const names = (ids: readonly number[]): string[] => ids.map(String);
  return {
    voters: names(voters),
    outgoing: names(outgoing),
    learners: names([...learners, ...learnersNext]),
    witnesses: names(witnesses),
  };
}

export function addressed(message: Message): CoreMessage {
  const { from, to } = message;
  const [lane, bytes] = weightOf(message);
  return { from, to, lane, bytes, body: message, promised: promisedBy(message) };
}

function weightOf(message: Message): [lane: number, bytes: number] {
  if (message.type === 'append-request')
    return [PRIORITY_LANE, message.entries.reduce((sum, { data }) => sum + data.length + 16, 60)];
  if (message.type === 'snapshot-chunk') return [BULK_LANE, message.data.length + 100];
  return [message.type === 'append-response' ? PRIORITY_LANE : CONTROL_LANE, 50];
}

function promisedBy(message: Message): Promised | null {
  const { term } = message;
  if (message.type === 'vote-response' && message.isGranted && !message.isPre)
    return { kind: 'vote', term, candidate: String(message.to) };
  if (message.type === 'vote-request' && !message.isPre) return { kind: 'vote', term, candidate: String(message.from) };
  if (message.type === 'append-response' && message.isOk) return { kind: 'acknowledgement', index: message.index };
  return null;
}
