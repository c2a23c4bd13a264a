import { type Configuration, decodeConfiguration, NO_CONFIGURATION } from './configuration.ts';
import { type Entry, EntryKind, type LogPosition, sizeOf } from './entry.ts';
import type { SnapshotMeta } from './snapshot.ts';

interface ConfigurationAt {
  readonly index: number;
  readonly configuration: Configuration;
}

/**
 * The log after the last snapshot, what of it is durable, committed and handed out, and the configurations in it. A
 * configuration holds from the moment that it is in the log (dissertation, 4.1), and goes with its entry.
 */
export class RaftLog {
  #base: LogPosition = { index: 0, term: 0 };
  #entries: Entry[] = [];
  #configurations: ConfigurationAt[] = [{ index: 0, configuration: NO_CONFIGURATION }];
  #uncommittedBytes = 0;
  commit = 0;
  /** Everything up to here is on this replica's disk. */
  durable = 0;
  /** Everything up to here was given out to be written. */
  taken = 0;
  /** Everything up to here was given out to be applied. */
  handedOut = 0;

  /** Begins with what is durable. */
  constructor(snapshot: SnapshotMeta, entries: readonly Entry[]) {
    this.restore(snapshot);
    for (const entry of entries) this.append(entry);
    this.durable = this.lastIndex;
    this.taken = this.lastIndex;
  }

  get baseIndex(): number {
    return this.#base.index;
  }

  get lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? this.#base.term;
  }

  get configuration(): Configuration {
    return this.#newest().configuration;
  }

  /** Where the newest configuration is. */
  get configurationIndex(): number {
    return this.#newest().index;
  }

  /** Bytes of entries that are not committed. */
  get uncommittedBytes(): number {
    return this.#uncommittedBytes;
  }

  #newest(): ConfigurationAt {
    return this.#configurations.at(-1) ?? { index: 0, configuration: NO_CONFIGURATION };
  }

  /** Undefined outside of the log; the last entry of the snapshot is inside. */
  termAt(index: number): number | undefined {
    return index === this.#base.index ? this.#base.term : this.#entries[index - this.#base.index - 1]?.term;
  }

  configurationAt(index: number): Configuration {
    return this.#configurations.findLast((at) => at.index <= index)?.configuration ?? NO_CONFIGURATION;
  }

  isUpToDate({ index, term }: LogPosition): boolean {
    return term > this.lastTerm || (term === this.lastTerm && index >= this.lastIndex);
  }

  /** Entries from `index` on, at most `bytesMax` of them but at least one. */
  slice(index: number, bytesMax: number): Entry[] {
    const from = index - this.#base.index - 1;
    let to = from;
    let bytes = 0;
    while (to < this.#entries.length) {
      bytes += sizeOf(this.#entries[to] as Entry);
      if (bytes > bytesMax && to > from) break;
      to += 1;
    }
    return this.#entries.slice(from, to);
  }

  /** Entries of `from` to `to`, both included. */
  between(from: number, to: number): Entry[] {
    return this.#entries.slice(from - this.#base.index - 1, to - this.#base.index);
  }

  /** Puts an entry behind the last one. */
  append(entry: Entry): void {
    if (entry.index !== this.lastIndex + 1) throw new Error(`entry ${entry.index} after ${this.lastIndex}`);
    this.#entries.push(entry);
    this.#uncommittedBytes += sizeOf(entry);
    if (entry.kind === EntryKind.configuration)
      this.#configurations.push({ index: entry.index, configuration: decodeConfiguration(entry.data) });
  }

  /** Removes `index` and everything behind it, which a leader has other entries for. */
  truncateFrom(index: number): void {
    if (index <= this.commit) throw new Error(`entry ${index} is committed and cannot be removed`);
    for (const entry of this.#entries.splice(index - this.#base.index - 1)) this.#uncommittedBytes -= sizeOf(entry);
    while (this.#newest().index >= index) this.#configurations.pop();
    this.taken = Math.min(this.taken, index - 1);
    this.durable = Math.min(this.durable, index - 1);
  }

  /** @returns whether the commit index moved */
  commitTo(index: number): boolean {
    if (index <= this.commit) return false;
    for (const entry of this.between(Math.max(this.commit, this.#base.index) + 1, index))
      this.#uncommittedBytes -= sizeOf(entry);
    this.commit = index;
    return true;
  }

  /** Everything up to a position is durable, when the log still has it. */
  durableTo({ index, term }: LogPosition): void {
    if (index > this.durable && this.termAt(index) === term) this.durable = index;
  }

  /** The highest position not behind `index` whose term is not above `term`: where two logs may match. */
  positionBelow(index: number, term: number): LogPosition {
    let at = Math.min(index, this.lastIndex);
    while (at > this.#base.index && (this.termAt(at) ?? 0) > term) at -= 1;
    return { index: at, term: this.termAt(at) ?? 0 };
  }

  /** Forgets entries up to a snapshot of what was applied. */
  compact({ index, term, configuration }: SnapshotMeta): void {
    if (index <= this.#base.index) return;
    if (this.termAt(index) !== term) throw new Error(`the log has no entry ${index} of term ${term}`);
    this.#entries = this.#entries.slice(index - this.#base.index);
    this.#base = { index, term };
    this.#configurations = [{ index, configuration }, ...this.#configurations.filter((at) => at.index > index)];
  }

  /** Replaces the whole log by a snapshot. */
  restore({ index, term, configuration }: SnapshotMeta): void {
    this.#base = { index, term };
    this.#entries = [];
    this.#configurations = [{ index, configuration }];
    this.#uncommittedBytes = 0;
    this.commit = index;
    this.handedOut = index;
    this.taken = index;
    this.durable = 0;
  }
}
