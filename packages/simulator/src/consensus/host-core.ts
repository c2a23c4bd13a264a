import {
  ConfigurationError,
  decodeConfiguration,
  decodeFrame,
  type Entry,
  EntryKind,
  encodeFrame,
  GroupHost,
  type HostReady,
  memorySnapshot,
  type OutgoingFrame,
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
} from './core-port.ts';
import { addressed, changesOf, drawOptions, metaOf, named, startOf, storedSnapshot } from './raft-core.ts';
import type { ObservedEntry } from './replica-log.ts';
import type { StoredSnapshot, StoredState } from './replica-store.ts';

const GROUP = 7;

interface HostBatch extends CoreReady {
  readonly origin: HostReady;
}

/**
 * A group in a host of packages/consensus as the simulation drives it: what leaves is encoded, what arrives is bytes, and the
 * group falls silent whenever nobody asks for anything.
 */
class HostCore implements CorePort {
  readonly #host: GroupHost;
  readonly uncommittedBytesMax: number;

  constructor({ replica, isWitness, members, recovered, random }: CoreStart) {
    const options = drawOptions(random);
    this.uncommittedBytesMax = options.uncommittedBytesMax;
    this.#host = new GroupHost({ id: replica, random, quiesceTicks: random() < 0.7 ? 2 : 50 });
    const { snapshot } = recovered;
    const started = snapshot === null ? startOf(members) : metaOf(snapshot);
    this.#host.start(GROUP, {
      isWitness,
      hardState: recovered.state,
      ...(started === null ? {} : { snapshot: started }),
      ...(snapshot === null ? {} : { source: memorySnapshot({ ...metaOf(snapshot), data: snapshot.data }) }),
      entries: recovered.entries as readonly Entry[],
      options,
    });
  }

  tick(): void {
    this.#host.tick();
  }

  step({ body }: CoreMessage): void {
    const refused = this.#host.received(body as Uint8Array);
    if (refused !== null) throw new Error(`a frame of another host was refused: ${refused}`);
  }

  propose(data: Uint8Array): boolean {
    return !('refused' in this.#host.propose(GROUP, data));
  }

  read(context: string): boolean {
    return this.#host.readIndex(GROUP, context) === null;
  }

  change(change: MembershipChange): boolean {
    try {
      return !('refused' in this.#host.changeMembers(GROUP, changesOf(change)));
    } catch (error) {
      if (error instanceof ConfigurationError) return false;
      throw error;
    }
  }

  transferTo(replica: number): boolean {
    return this.#host.transferTo(GROUP, replica);
  }

  takeReady(): HostBatch | null {
    const origin = this.#host.takeReady();
    if (origin === null) return null;
    const [write] = origin.writes;
    const snapshot = origin.snapshots[0]?.snapshot ?? null;
    return {
      origin,
      state: write?.hardState ?? undefined,
      entries: write?.entries ?? [],
      snapshot: snapshot === null ? null : storedSnapshot(snapshot, snapshot.data),
      messages: origin.frames.flatMap(messagesOf),
      messagesAfterPersist: origin.framesAfterPersist.flatMap(messagesOf),
      committed: origin.committed.flatMap(({ entries }) => entries),
      reads: origin.reads,
    };
  }

  persisted(ready: CoreReady): void {
    const { origin } = ready as HostBatch;
    if (origin.mustPersist) this.#host.persisted(origin.number);
  }

  applied(): void {}

  describeSnapshot(index: number): { term: number; meta: string } | null {
    const described = this.#host.describeSnapshot(GROUP, index);
    return described && { term: described.term, meta: JSON.stringify(described.configuration) };
  }

  compact(snapshot: StoredSnapshot): void {
    this.#host.compact(GROUP, memorySnapshot({ ...metaOf(snapshot), data: snapshot.data }));
  }

  entriesAfter(index: number): readonly ObservedEntry[] {
    return this.#host.entriesAfter(GROUP, index);
  }

  stored(): StoredState {
    const { term, vote, commit } = this.#status();
    return { term, vote, commit };
  }

  status(): CoreStatus {
    const { role, term, leader, commit, durable, lastIndex, uncommittedBytes } = this.#status();
    const configuration = named(this.#host.configuration(GROUP));
    return { term, isLeader: role === 'leader', leader, commit, durable, lastIndex, configuration, uncommittedBytes };
  }

  configurationOf({ kind, data }: ObservedEntry): Configuration | null {
    return kind === EntryKind.configuration ? named(decodeConfiguration(data)) : null;
  }

  isCaughtUp(replica: number): boolean {
    return this.#host.isCaughtUp(GROUP, replica);
  }

  #status(): NonNullable<ReturnType<GroupHost['status']>> {
    const status = this.#host.status(GROUP);
    if (status === null) throw new Error('the group is not hosted');
    return status;
  }
}

export const createHostCore: CoreFactory = (start) => new HostCore(start);

/** Each message of a frame as a frame of its own: what it promises is checked one by one. */
function messagesOf({ bytes }: OutgoingFrame): CoreMessage[] {
  const decoded = decodeFrame(bytes);
  if ('refused' in decoded) throw new Error(`a host made a frame that is refused: ${decoded.refused}`);
  return decoded.messages.map((one) => ({
    ...addressed(one.message),
    body: encodeFrame(decoded.from, decoded.to, [one]),
  }));
}
