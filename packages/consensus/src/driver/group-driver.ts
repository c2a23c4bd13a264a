import type { MemberChange } from '../configuration.ts';
import type { ReplicaId } from '../entry.ts';
import { GroupHost } from '../host/group-host.ts';
import type { HostReady, OutgoingFrame } from '../host/host-ready.ts';
import type { GroupId } from '../ports/log-store.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import type { Stores } from '../ports/stores.ts';
import type { Transport } from '../ports/transport.ts';
import type { Proposal } from '../raft-node.ts';
import type { RaftStatus } from '../ready.ts';
import { DrivenGroup } from './driven-group.ts';
import { DurableQueue, type Installed } from './durable-queue.ts';
import type { Gathering } from './gathering.ts';
import type { GroupCreation, GroupDriverOptions, GroupReopening } from './group-driver-options.ts';
import type { Applied, Proposer } from './pending-proposals.ts';
import { ProposalError } from './proposal-error.ts';
import { ReplicaRefusedError, recoverReplica } from './recover.ts';
import { readReplicaRecord, writeReplicaRecord } from './replica-record.ts';
import { SnapshotTaker } from './snapshot-taker.ts';

const SNAPSHOT_BYTES = 64 * 1024 * 1024;
const PATIENCE_TICKS = 100;
/** How long a command waits at most for those before it; see {@link Gathering}. */
const GATHER_MS = 5;

/**
 * Runs a {@link GroupHost} over stores and a transport: sends, writes, applies, answers. It has no clock: whoever owns it calls
 * {@link tick}. What comes in one turn of the event loop is handled together at its end.
 */
export class GroupDriver {
  readonly host: GroupHost;
  readonly #stores: Stores;
  readonly #transport: Transport;
  readonly #options: GroupDriverOptions;
  readonly #groups = new Map<GroupId, DrivenGroup>();
  readonly #queue: DurableQueue;
  readonly #snapshots: SnapshotTaker;
  #tick = 0;
  #gatherTimer: NodeJS.Timeout | null = null;
  #isScheduled = false;
  #isClosed = false;

  constructor(options: GroupDriverOptions) {
    const { id, random, quiesceTicks, stores, transport } = options;
    this.host = new GroupHost({ id, random, ...(quiesceTicks === undefined ? {} : { quiesceTicks }) });
    this.#stores = stores;
    this.#transport = transport;
    this.#options = options;
    this.#snapshots = new SnapshotTaker(this.host, stores, options.snapshotBytes ?? SNAPSHOT_BYTES);
    this.#queue = new DurableQueue(stores, {
      onDurable: (batches, installed) => this.#onDurable(batches, installed),
      onFailed: (error) => this.#endAll(error),
    });
  }

  /** Durable writes so far, each for all groups that had something to write. */
  get durableWrites(): number {
    return this.#queue.writes;
  }

  /**
   * Begins a new replica.
   * @returns the id of the volume that it lives on, to be remembered elsewhere
   * @throws ReplicaRefusedError when there is one already, StorageError
   */
  async create<Result>(group: GroupId, creation: GroupCreation<Result>): Promise<string> {
    const { machine, configuration, isWitness = false } = creation;
    const { stable } = this.#stores;
    if (readReplicaRecord(stable, group) !== null)
      throw new ReplicaRefusedError('exists', group, `group ${group} has a replica on this volume already`);
    await writeReplicaRecord(stable, group, { replica: this.host.id, isWitness, configuration });
    await this.open(group, { machine, volumeId: stable.volumeId });
    return stable.volumeId;
  }

  /**
   * Goes on with a replica after a restart: what is durable is read and what is known to be committed is applied.
   * @throws ReplicaRefusedError when it must not start here, StorageError for a damaged record, what the state machine throws
   */
  async open<Result>(group: GroupId, { machine, volumeId }: GroupReopening<Result>): Promise<void> {
    const recovered = await recoverReplica(this.#stores, group, { replica: this.host.id, volumeId });
    const driven = new DrivenGroup(group, recovered.isWitness, machine as StateMachine);
    if (recovered.source !== null) driven.restore(recovered.source);
    this.host.start(group, { ...recovered.start, options: this.#options.raft ?? {} });
    this.#groups.set(group, driven);
    this.#schedule();
  }

  /** Ends a group here and leaves what is durable. Who waits is told that the outcome is not known. */
  stop(group: GroupId): void {
    this.host.stop(group);
    this.#groups.get(group)?.end();
    this.#groups.delete(group);
  }

  /** Ends all groups and waits for what is on its way to the disk; the stores stay open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#gatherTimer !== null) clearTimeout(this.#gatherTimer);
    for (const group of this.#groups.keys()) this.stop(group);
    await this.#queue.idle();
    await this.#snapshots.idle();
  }

  tick(): void {
    this.#tick += 1;
    this.host.tick();
    for (const driven of this.#groups.values()) driven.expire(this.#tick);
    this.#schedule();
  }

  /** A frame of another host; its bytes belong to the driver from now on. Damaged ones are counted by the host. */
  received(bytes: Uint8Array): void {
    this.host.received(bytes);
    this.#schedule();
  }

  peerDown(peer: ReplicaId): void {
    this.host.peerDown(peer);
    this.#schedule();
  }

  peerUp(peer: ReplicaId): void {
    this.host.peerUp(peer);
    this.#schedule();
  }

  /** Resolves when the command is committed and applied here. @throws ProposalError */
  propose<Result>(group: GroupId, data: Uint8Array): Promise<Applied<Result>> {
    const gathering = this.#groups.get(group)?.gathering;
    const applied = gathering?.isOn === true ? this.#hold(gathering, data) : this.#propose(group, data);
    return applied as Promise<Applied<Result>>;
  }

  /** Resolves when the change is committed. @throws ProposalError, ConfigurationError */
  async changeMembers(group: GroupId, changes: readonly MemberChange[]): Promise<number> {
    const proposal = this.host.changeMembers(group, changes);
    return (await new Promise<Applied<unknown>>((resolve, reject) => this.#add(group, proposal, { resolve, reject })))
      .index;
  }

  /** Resolves once the state machine here has everything that was committed when this was asked. @throws ProposalError */
  async read(group: GroupId): Promise<number> {
    const driven = this.#driven(group);
    const { open } = driven.reads;
    if (open !== null) return await open;
    const context = driven.reads.nextContext();
    const refused = this.host.readIndex(group, context);
    const status = this.host.status(group);
    this.#schedule();
    if (refused !== null)
      throw new ProposalError(refused.refused === 'no-such-group' ? 'ended' : refused.refused, status?.leader);
    return await driven.reads.begin(context, status?.term ?? 0, this.#deadline());
  }

  /** Hands the lead over. @returns false when this replica does not lead or the other cannot */
  transferTo(group: GroupId, target: ReplicaId): boolean {
    const isBegun = this.host.transferTo(group, target);
    this.#schedule();
    return isBegun;
  }

  /** How far the state machine is. */
  applied(group: GroupId): number {
    return this.#groups.get(group)?.applied ?? 0;
  }

  status(group: GroupId): (RaftStatus & { readonly isSilent: boolean }) | null {
    return this.host.status(group);
  }

  #propose(group: GroupId, data: Uint8Array): Promise<Applied<unknown>> {
    return new Promise((resolve, reject) => this.#add(group, this.host.propose(group, data), { resolve, reject }));
  }

  #hold(gathering: Gathering<unknown>, data: Uint8Array): Promise<Applied<unknown>> {
    this.#gatherTimer ??= setTimeout(() => {
      this.#gatherTimer = null;
      for (const driven of this.#groups.values()) this.#giveHeld(driven);
    }, GATHER_MS);
    return gathering.hold(data);
  }

  #giveHeld({ id, gathering }: DrivenGroup): void {
    for (const { data, proposer } of gathering.take()) this.#add(id, this.host.propose(id, data), proposer);
  }

  #add(group: GroupId, proposal: Proposal | { readonly refused: 'no-such-group' }, proposer: Proposer<unknown>): void {
    this.#schedule();
    if (!('refused' in proposal)) return this.#driven(group).proposals.add(proposal, this.#deadline(), proposer);
    const { refused } = proposal;
    const reason = refused === 'no-such-group' ? 'ended' : refused;
    proposer.reject(new ProposalError(reason, this.host.status(group)?.leader));
  }

  #driven(group: GroupId): DrivenGroup {
    const driven = this.#groups.get(group);
    if (driven === undefined) throw new ProposalError('ended');
    return driven;
  }

  #deadline(): number {
    return this.#tick + (this.#options.patienceTicks ?? PATIENCE_TICKS);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#isClosed) return;
    for (const driven of this.#groups.values()) {
      driven.reads.close();
      if (driven.gathering.isEmpty) continue;
      const status = this.host.status(driven.id);
      if (status !== null) driven.observe(status);
      if (!driven.gathering.isOn) this.#giveHeld(driven);
    }
    for (let ready = this.host.takeReady(); ready !== null; ready = this.host.takeReady()) {
      this.#send(ready.frames);
      if (ready.mustPersist) this.#queue.add(ready);
      this.#finish(ready);
    }
    this.#queue.flush();
  }

  #send(frames: readonly OutgoingFrame[]): void {
    for (const { to, frameClass, bytes } of frames) this.#transport.send(to, frameClass, bytes);
  }

  #finish({ committed, reads, touched }: HostReady): void {
    for (const { group, entries } of committed) this.#attempt(group, (driven) => driven.apply(entries));
    for (const { group, context, index } of reads) {
      const driven = this.#groups.get(group);
      driven?.reads.confirmed(context, index, driven.applied);
    }
    for (const group of touched) {
      const status = this.host.status(group);
      if (status !== null) this.#groups.get(group)?.observe(status);
    }
    for (const { group } of committed) {
      const driven = this.#groups.get(group);
      if (driven !== undefined) this.#snapshots.takeIfDue(driven, (error) => this.#end(group, error));
    }
  }

  #onDurable(batches: readonly HostReady[], installed: Installed): void {
    if (this.#isClosed) return;
    this.host.persisted(batches.at(-1)?.number ?? 0);
    for (const [group, source] of installed) {
      this.host.snapshotInstalled(group, source);
      this.#attempt(group, (driven) => driven.restore(source));
    }
    for (const { framesAfterPersist } of batches) this.#send(framesAfterPersist);
    this.#schedule();
  }

  #attempt(group: GroupId, work: (driven: DrivenGroup) => void): void {
    const driven = this.#groups.get(group);
    if (driven === undefined) return;
    try {
      work(driven);
    } catch (error) {
      this.#end(group, error);
    }
  }

  #end(group: GroupId, error: unknown): void {
    if (!this.#groups.has(group)) return;
    this.stop(group);
    this.#options.onEnded(group, error);
  }

  #endAll(error: unknown): void {
    for (const group of this.#groups.keys()) this.#end(group, error);
  }
}
