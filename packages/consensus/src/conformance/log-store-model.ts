import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Entry } from '../entry.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { KitSubject } from './subject.ts';
import { entriesOf, entry, writeOf } from './writes.ts';

const SEEDS = [1, 2, 3, 4];
const STEPS = 60;
const RUN_MAX = 6;

/** A log as a plain list. */
class ListLog {
  first = 1;
  entries: Entry[] = [];

  get last(): number {
    return this.first + this.entries.length - 1;
  }

  replaceFrom(entries: readonly Entry[]): void {
    const from = entries[0]?.index ?? 0;
    this.entries = [...this.entries.filter(({ index }) => index < from), ...entries];
    if (from < this.first) this.first = from;
  }

  restartAfter(index: number): void {
    this.first = index + 1;
    this.entries = [];
  }

  compact(to: number): void {
    if (to < this.first) return;
    this.first = Math.min(to, this.last) + 1;
    this.entries = this.entries.filter(({ index }) => index >= this.first);
  }
}

/** Random writes, cuts, restarts and compactions of one log, some at once, read as a list would read; so they do when it was opened anew. */
export function logStoreModelCases(subject: KitSubject<LogStore>): void {
  for (const seed of SEEDS)
    test(`whatever is written, cut and forgotten in whatever order is read as it should be (seed ${seed})`, async (t) => {
      const volume = await subject.volume(t);
      let store = await volume.open();
      t.after(() => store.close());
      const log = new ListLog();
      const draw = drawOf(seed);
      let underWay: Promise<void>[] = [];
      for (let step = 1; step <= STEPS; step += 1) {
        underWay.push(change(store, log, draw, step));
        assert.deepEqual(seen(store), expected(log), `after step ${step}, in memory or on the disk`);
        if (draw(3) > 0) continue;
        await Promise.all(underWay);
        underWay = [];
        assert.deepEqual(seen(store), expected(log), `after step ${step}, when it is flushed`);
        if (draw(6) > 0) continue;
        await store.close();
        store = await volume.open();
        assert.deepEqual(seen(store), expected(log), `after step ${step}, opened anew`);
      }
      await Promise.all(underWay);
    });
}

function change(store: LogStore, log: ListLog, draw: (below: number) => number, term: number): Promise<void> {
  const kind = draw(10);
  if (kind === 0) {
    const index = Math.max(0, log.first - 3 + draw(log.entries.length + 8));
    log.restartAfter(index);
    return store.append([{ group: 1, hardState: null, restartAfter: index, entries: [] }]);
  }
  if (kind < 3) {
    const index = log.first + draw(log.entries.length + 2);
    log.compact(index);
    return store.compact(1, index);
  }
  const isBehind = kind < 7 || log.entries.length === 0;
  const from = isBehind ? log.last + 1 : log.first + draw(log.entries.length);
  const entries = Array.from({ length: 1 + draw(RUN_MAX) }, (_, at) => entry(from + at, term));
  log.replaceFrom(entries);
  return store.append([writeOf(1, entries)]);
}

function seen(store: LogStore): object {
  const entries = entriesOf(store, 1);
  const middle = entries[entries.length >> 1]?.index;
  const fromMiddle = middle === undefined ? [] : store.read(1, middle, 1).map(({ index }) => index);
  return { range: store.range(1), entries, fromMiddle };
}

function expected({ first, last, entries }: ListLog): object {
  const plain = entries.map(({ index, term, kind, data }) => ({ index, term, kind, data: [...data] }));
  const middle = plain[plain.length >> 1]?.index;
  const fromMiddle = middle === undefined ? [] : [middle];
  return { range: entries.length === 0 ? null : { first, last }, entries: plain, fromMiddle };
}

/** Whole numbers below a bound, the same ones for the same seed. */
function drawOf(seed: number): (below: number) => number {
  let count = 0;
  return (below) => {
    count += 1;
    return createHash('sha256').update(`${seed} ${count}`).digest().readUInt32BE(0) % below;
  };
}
