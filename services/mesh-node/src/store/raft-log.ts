import type { GroupId, HardState } from '@peermesh/consensus';
import type { Run } from './raft-run-record.ts';

/** What was accepted of the log of one group: which runs it has on the disk, or will have, and what of it counts. */
export class RaftLog {
  readonly group: GroupId;
  hardState: HardState | null = null;
  /** Entries below this one are forgotten. */
  first = 1;
  /** `first - 1` when there are no entries. */
  last = 0;
  /** First indexes of the runs, ascending; those in front may hold nothing but what is forgotten. */
  starts: number[] = [];
  /** Runs that are not flushed. */
  readonly unflushed = new Map<number, Run>();

  constructor(group: GroupId) {
    this.group = group;
  }

  /** The place of the run that an index would be in; -1 when it is before all. */
  runAt(index: number): number {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.starts[middle] as number) <= index) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  add(run: Run): void {
    this.starts.push(run.first);
    this.unflushed.set(run.first, run);
    this.last = run.last;
  }

  /** Drops the runs from a place on. @returns what they began with */
  dropFrom(place: number): number[] {
    const dropped = this.starts.splice(place);
    for (const start of dropped) this.unflushed.delete(start);
    return dropped;
  }

  flushed(run: Run): void {
    if (this.unflushed.get(run.first) === run) this.unflushed.delete(run.first);
  }

  /** Takes runs in front that hold nothing but what is forgotten, and are on the disk. @returns what they began with */
  takeStale(max: number): number[] {
    let count = 0;
    while (count < max && count < this.starts.length && this.#isStale(count)) count += 1;
    return this.starts.splice(0, count);
  }

  get hasStale(): boolean {
    return this.starts.length > 0 && this.#isStale(0);
  }

  #isStale(place: number): boolean {
    if (this.unflushed.has(this.starts[place] as number)) return false;
    const next = this.starts[place + 1] ?? this.last + 1;
    return next <= this.first;
  }
}
