import { type Entry, EntryKind, sizeOf } from '../entry.ts';
import type { GroupId } from '../ports/log-store.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import type { RaftStatus } from '../ready.ts';
import type { SnapshotSource } from '../snapshot.ts';
import { Gathering } from './gathering.ts';
import { PendingProposals } from './pending-proposals.ts';
import { PendingReads } from './pending-reads.ts';

/** One group of a driver: its state machine, how far that is, and who waits for it. */
export class DrivenGroup<Result = unknown> {
  readonly id: GroupId;
  readonly isWitness: boolean;
  readonly #machine: StateMachine<Result>;
  readonly proposals = new PendingProposals<Result>();
  readonly gathering = new Gathering<Result>();
  readonly reads = new PendingReads();
  /** The state machine has everything up to here. */
  applied = 0;
  /** The newest snapshot that is durable, or about to be. */
  snapshotIndex = 0;
  /** Bytes of entries that were applied since that. */
  bytesSinceSnapshot = 0;
  isSnapshotting = false;
  isEnded = false;

  constructor(id: GroupId, isWitness: boolean, machine: StateMachine<Result>) {
    this.id = id;
    this.isWitness = isWitness;
    this.#machine = machine;
  }

  /** A snapshot takes the place of the state. @throws what the state machine throws */
  restore(source: SnapshotSource): void {
    if (source.index <= this.applied) return;
    if (!this.isWitness) this.#machine.restore(source.read(0, source.totalBytes));
    this.applied = source.index;
    this.snapshotIndex = source.index;
    this.bytesSinceSnapshot = 0;
    this.proposals.skipped(source.index);
    this.reads.applied(this.applied);
  }

  /** @throws what the state machine throws, or RangeError when it answers for more or fewer commands than it got */
  apply(entries: readonly Entry[]): void {
    const commands = this.isWitness ? [] : entries.filter(isCommand);
    const results = commands.length === 0 ? [] : this.#machine.apply(commands);
    if (results.length !== commands.length)
      throw new RangeError(`group ${this.id}: ${results.length} results of ${commands.length} commands`);
    let at = 0;
    for (const entry of entries) {
      this.bytesSinceSnapshot += sizeOf(entry);
      const result = !this.isWitness && isCommand(entry) ? results[at++] : undefined;
      if (this.proposals.size > 0) this.proposals.applied(entry, result);
    }
    this.applied = entries.at(-1)?.index ?? this.applied;
    this.reads.applied(this.applied);
  }

  snapshot(): Iterable<Uint8Array> {
    return this.isWitness ? [] : this.#machine.snapshot();
  }

  /** How much is under way; reads that were asked of a leader that leads no more are over. */
  observe({ role, term, leader, lastIndex, commit }: RaftStatus): void {
    this.gathering.observe(role === 'leader' ? lastIndex - commit : 0);
    this.reads.leading(role === 'leader' ? term : null, leader);
  }

  expire(tick: number): void {
    this.proposals.expire(tick);
    this.reads.expire(tick);
  }

  end(): void {
    this.isEnded = true;
    this.gathering.failAll('ended');
    this.proposals.failAll('outcome-unknown');
    this.reads.failAll('ended');
  }
}

/** Empty commands mark the begin of a term. */
function isCommand({ kind, data }: Entry): boolean {
  return kind === EntryKind.command && data.length > 0;
}
