import type { DiskError } from '../disk/disk.ts';
import type { SeededRandom } from '../random.ts';
import type { TraceRing } from '../trace.ts';
import type { CoreMessage, CorePort, CoreReady, CoreStatus } from './core-port.ts';
import { decodeCommand, KvMachine } from './kv-machine.ts';
import type { ConsensusOracle } from './oracle/oracle.ts';
import { COMMAND_KIND, type ObservedEntry } from './replica-log.ts';
import { ReplicaObserver } from './replica-observer.ts';
import { ReplicaReads, type Waiting } from './replica-reads.ts';
import type { ReplicaStore, StoredSnapshot } from './replica-store.ts';

interface ReplicaContext {
  readonly id: number;
  readonly isWitness: boolean;
  readonly core: CorePort;
  readonly store: ReplicaStore;
  readonly oracle: ConsensusOracle;
  readonly trace: TraceRing;
  readonly random: SeededRandom;
  readonly nowMs: () => number;
  /** Runs work when the process has time. */
  readonly defer: (work: () => void) => void;
  readonly send: (message: CoreMessage) => void;
  /** The process cannot go on. */
  readonly fail: (reason: string) => void;
  readonly snapshotEntries: number;
}

interface Batch {
  readonly ready: CoreReady;
  readonly sinceMs: number;
  isDurable: boolean;
  /** The term of the entry that each message acknowledges, as the log was when the batch was taken. */
  readonly terms: readonly number[];
}

/** The process around one core: writes before it promises, applies what is committed, snapshots, answers clients. */
export class Replica {
  readonly #context: ReplicaContext;
  readonly #observer: ReplicaObserver;
  readonly machine = new KvMachine();
  readonly #writes = new Map<string, Waiting>();
  readonly #reads: ReplicaReads;
  readonly #writing: Batch[] = [];
  /** When the disk last answered. */
  #answeredAtMs = 0;
  #isSnapshotting = false;
  #isStopped = false;
  #applied = 0;
  #snapshotIndex = 0;

  constructor(context: ReplicaContext, snapshot: StoredSnapshot | null) {
    this.#context = context;
    this.#observer = new ReplicaObserver(context);
    this.#reads = new ReplicaReads(context);
    if (snapshot === null) return;
    this.#restore(snapshot);
  }

  get core(): CorePort {
    return this.#context.core;
  }

  get applied(): number {
    return this.#applied;
  }

  /** How long the oldest write has been on its way to the disk. */
  writeAgeMs(): number {
    const [oldest] = this.#writing;
    return oldest === undefined ? 0 : this.#context.nowMs() - Math.max(oldest.sinceMs, this.#answeredAtMs);
  }

  /** The process is gone: nothing of it happens any more. Clients never hear from it. */
  stop(): void {
    this.#isStopped = true;
  }

  tick(): void {
    this.core.tick();
    this.pump();
  }

  step(message: CoreMessage): void {
    this.core.step(message);
    this.pump();
  }

  write(session: number, sequence: number, data: Uint8Array, done: Waiting): void {
    const name = `${session}/${sequence}`;
    this.#writes.set(name, done);
    if (this.core.propose(data)) {
      const { uncommittedBytes } = this.core.status();
      this.#context.oracle.uncommitted(String(this.#context.id), uncommittedBytes, this.core.uncommittedBytesMax);
    } else {
      this.#writes.delete(name);
      done(null);
    }
    this.pump();
  }

  read(key: string, acknowledged: number, done: Waiting): void {
    this.#reads.ask(key, acknowledged, done);
    this.pump();
  }

  /** Does everything that the core wants done by now. */
  pump(): void {
    for (;;) {
      if (this.#isStopped || this.#isSnapshotting) return;
      const ready = this.core.takeReady();
      if (ready === null) return;
      this.#take(ready);
    }
  }

  #take(ready: CoreReady): void {
    const status = this.core.status();
    this.#observer.beforeBatch(status);
    if (ready.snapshot !== null) {
      this.#send(ready.messages);
      this.#install(ready, ready.snapshot, status);
      return;
    }
    this.#observer.entries(ready.entries);
    this.#observer.status(status);
    this.#send(ready.messages);
    this.#persist(ready);
    this.#apply(ready);
  }

  #apply({ committed, reads }: CoreReady): void {
    for (const entry of committed) this.#applyEntry(entry);
    if (committed.length > 0) this.core.applied(this.#applied);
    for (const { index, context } of reads) this.#reads.allowed(index, context);
    this.#reads.answer(this.#applied, this.machine);
    if (this.#applied - this.#snapshotIndex >= this.#context.snapshotEntries) this.#snapshot();
  }

  /** Batches become durable in the order in which they were taken; one with nothing to write waits for those before it. */
  #persist(ready: CoreReady): void {
    const { store, defer, fail, nowMs } = this.#context;
    const isEmpty = ready.state === undefined && ready.entries.length === 0;
    const batch = { ready, sinceMs: nowMs(), isDurable: isEmpty, terms: this.#termsOf(ready.messagesAfterPersist) };
    this.#writing.push(batch);
    if (isEmpty) {
      this.#settleWrites();
      return;
    }
    const done = (error: DiskError | null): void => {
      if (this.#isStopped) return;
      if (error !== null) {
        fail(error.message);
        return;
      }
      batch.isDurable = true;
      this.#settleWrites();
      this.pump();
    };
    try {
      store.write(ready.state, ready.entries, (error) => defer(() => done(error)));
    } catch (error) {
      fail((error as Error).message);
    }
  }

  #settleWrites(): void {
    for (let batch = this.#writing[0]; batch?.isDurable === true; [batch] = this.#writing) {
      this.#writing.shift();
      this.#answeredAtMs = this.#context.nowMs();
      this.#isDurable(batch.ready, batch.terms);
    }
  }

  #isDurable(ready: CoreReady, terms: readonly number[]): void {
    const { oracle, id } = this.#context;
    const { state, entries } = ready;
    const vote = state === undefined ? null : { term: state.term, vote: state.vote === 0 ? null : String(state.vote) };
    if (vote !== null || entries.length > 0) oracle.logs.persisted(String(id), entries, vote);
    this.#send(ready.messagesAfterPersist, terms);
    this.core.persisted(ready);
  }

  #termsOf(messages: readonly CoreMessage[]): number[] {
    const { oracle, id } = this.#context;
    return messages.map(({ promised }) =>
      promised?.kind === 'acknowledgement' ? oracle.logs.termOf(String(id), promised.index) : 0,
    );
  }

  #send(messages: readonly CoreMessage[], terms: readonly number[] = this.#termsOf(messages)): void {
    const { oracle, id, send } = this.#context;
    if (this.#isStopped) return;
    for (const [at, message] of messages.entries()) {
      const { promised } = message;
      if (promised?.kind === 'vote') oracle.elections.voted(String(id), promised.term, promised.candidate);
      if (promised?.kind === 'acknowledgement') oracle.logs.acknowledged(String(id), promised.index, terms[at] ?? 0);
      send(message);
    }
  }

  #applyEntry(entry: ObservedEntry): void {
    const { oracle, id, isWitness, core } = this.#context;
    const configuration = core.configurationOf(entry);
    if (configuration !== null) oracle.configured(entry.index, configuration);
    if (isWitness) {
      this.#applied = entry.index;
      return;
    }
    let name = '';
    let found = '';
    if (entry.kind === COMMAND_KIND && entry.data.length > 0) {
      const command = decodeCommand(entry.data);
      name = `${command.session}/${command.sequence}`;
      found = this.machine.apply(command);
    }
    this.#applied = entry.index;
    oracle.applied(String(id), entry, this.machine.hash);
    const waiting = this.#writes.get(name);
    if (waiting === undefined) return;
    this.#writes.delete(name);
    oracle.answered(entry.index);
    waiting(found);
  }

  #snapshot(): void {
    if (this.#writing.length > 0 || this.#isSnapshotting) return;
    const index = this.#applied;
    const described = this.core.describeSnapshot(index);
    if (described === null) return;
    const { term, meta } = described;
    const { oracle, id, isWitness } = this.#context;
    if (!isWitness) oracle.snapshotted(String(id), index, this.machine.hash);
    const snapshot = { index, term, meta, data: isWitness ? new Uint8Array() : this.machine.snapshot() };
    this.#save(snapshot, this.core.entriesAfter(index), () => this.core.compact(snapshot));
  }

  /** Writes the snapshot; the core waits meanwhile, so that nothing else is written. */
  #save(snapshot: StoredSnapshot, following: readonly ObservedEntry[], then: () => void): void {
    const { store, oracle, id, fail, trace, nowMs } = this.#context;
    this.#isSnapshotting = true;
    trace.add(nowMs(), `r${id}`, 'snapshot', `at ${snapshot.index}`);
    try {
      const done = (error: DiskError | null): void => {
        if (this.#isStopped) return;
        if (error !== null) {
          fail(error.message);
          return;
        }
        this.#isSnapshotting = false;
        this.#snapshotIndex = snapshot.index;
        oracle.logs.compacted(String(id), snapshot);
        then();
        this.pump();
      };
      store.save(snapshot, this.core.stored(), following, (error) => this.#context.defer(() => done(error)));
    } catch (error) {
      fail((error as Error).message);
    }
  }

  #install(ready: CoreReady, snapshot: StoredSnapshot, status: CoreStatus): void {
    this.#save(snapshot, ready.entries, () => {
      this.#restore(snapshot);
      this.#observer.entries(ready.entries);
      this.#observer.status(status);
      this.#isDurable(ready, this.#termsOf(ready.messagesAfterPersist));
      this.#apply(ready);
    });
  }

  #restore(snapshot: StoredSnapshot): void {
    const { oracle, id, isWitness } = this.#context;
    this.#applied = snapshot.index;
    this.#snapshotIndex = snapshot.index;
    if (isWitness) return;
    if (snapshot.data.length > 0) this.machine.restore(snapshot.data);
    oracle.snapshotted(String(id), snapshot.index, this.machine.hash);
  }
}
