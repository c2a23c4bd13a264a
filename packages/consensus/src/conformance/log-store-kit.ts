import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { LogStore } from '../ports/log-store.ts';
import { isFault } from './faults.ts';
import { logStoreFaultCases } from './log-store-faults.ts';
import { logStoreModelCases } from './log-store-model.ts';
import type { KitSubject } from './subject.ts';
import { entriesOf, entry, indexesOf, writeOf } from './writes.ts';

const EVERYTHING = Number.MAX_SAFE_INTEGER;

/** What every LogStore must do, as cases of node:test. */
export function logStoreKit(subject: KitSubject<LogStore>): void {
  describe(`${subject.name} as a log store`, () => {
    const withStore = (name: string, run: (store: LogStore, t: TestContext) => Promise<void>): void => {
      test(name, async (t) => {
        const store = await (await subject.volume(t)).open();
        t.after(() => store.close());
        await run(store, t);
      });
    };

    withStore('begins with nothing', async (store) => {
      assert.equal(store.range(1), null);
      assert.equal(store.hardState(1), null);
      assert.deepEqual(store.read(1, 1, EVERYTHING), []);
      assert.deepEqual(store.groups(), []);
    });

    withStore('reads what was written, in order, with all that belongs to it', async (store) => {
      const configuration = { ...entry(2, 3), kind: 1 as const };
      const empty = { ...entry(3, 3), data: new Uint8Array(0) };
      await store.append([writeOf(1, [entry(1, 2), configuration, empty], { term: 3, vote: 2, commit: 1 })]);
      assert.deepEqual(store.range(1), { first: 1, last: 3 });
      assert.deepEqual(entriesOf(store, 1), [entry(1, 2), configuration, empty].map(plain));
      assert.deepEqual(store.hardState(1), { term: 3, vote: 2, commit: 1 });
    });

    withStore('writes for many groups at once and keeps them apart', async (store) => {
      const groups = [1, 7, 2 ** 32 - 1];
      await store.append(groups.map((group) => writeOf(group, [entry(1, group), entry(2, group)])));
      assert.deepEqual(
        store.groups().sort((one, other) => one - other),
        groups,
      );
      for (const group of groups)
        assert.deepEqual(entriesOf(store, group), [entry(1, group), entry(2, group)].map(plain));
      await store.remove(7);
      assert.equal(store.range(7), null);
      assert.equal(store.hardState(7), null);
      assert.deepEqual(store.range(1), { first: 1, last: 2 });
      assert.deepEqual(store.range(2 ** 32 - 1), { first: 1, last: 2 });
    });

    withStore('an entry replaces that of its index and everything behind it', async (store) => {
      await store.append([
        writeOf(
          1,
          [1, 2, 3, 4, 5].map((index) => entry(index, 1)),
        ),
      ]);
      await store.append([writeOf(1, [entry(3, 2)])]);
      assert.deepEqual(store.range(1), { first: 1, last: 3 });
      assert.deepEqual(entriesOf(store, 1), [entry(1, 1), entry(2, 1), entry(3, 2)].map(plain));
    });

    withStore('several writes for one group in a batch are applied in their order', async (store) => {
      await store.append([
        writeOf(1, [entry(1, 1), entry(2, 1)], { term: 1, vote: 1, commit: 0 }),
        writeOf(1, [entry(2, 2)], { term: 2, vote: 0, commit: 0 }),
      ]);
      assert.deepEqual(entriesOf(store, 1), [entry(1, 1), entry(2, 2)].map(plain));
      assert.deepEqual(store.hardState(1), { term: 2, vote: 0, commit: 0 });
    });

    withStore('reads see what was asked for before it is flushed', async (store) => {
      const written = store.append([writeOf(1, [entry(1, 1)], { term: 1, vote: 0, commit: 0 })]);
      assert.deepEqual(store.range(1), { first: 1, last: 1 });
      assert.equal(store.hardState(1)?.term, 1);
      await written;
    });

    withStore('gives at most the bytes that were asked for, and at least one entry', async (store) => {
      const entries = [1, 2, 3, 4].map((index) => ({ ...entry(index, 1), data: new Uint8Array(100) }));
      await store.append([writeOf(1, entries)]);
      assert.deepEqual(indexesOf(store.read(1, 2, 250)), [2, 3]);
      assert.deepEqual(indexesOf(store.read(1, 2, 1)), [2]);
      assert.deepEqual(indexesOf(store.read(1, 5, EVERYTHING)), []);
    });

    withStore('forgets entries up to an index, and goes on behind them', async (store) => {
      const state = { term: 4, vote: 1, commit: 3 };
      await store.append([
        writeOf(
          1,
          [1, 2, 3, 4].map((index) => entry(index, 4)),
          state,
        ),
      ]);
      await store.compact(1, 2);
      assert.deepEqual(store.range(1), { first: 3, last: 4 });
      assert.deepEqual(indexesOf(store.read(1, 1, EVERYTHING)), [3, 4]);
      await store.compact(1, 4);
      assert.equal(store.range(1), null);
      assert.deepEqual(store.hardState(1), state);
      await store.append([writeOf(1, [entry(5, 4)])]);
      assert.deepEqual(store.range(1), { first: 5, last: 5 });
    });

    withStore('begins anew behind a snapshot that took the place of the log', async (store) => {
      await store.append([writeOf(1, [entry(1, 1), entry(2, 1)])]);
      await store.append([{ group: 1, hardState: null, restartAfter: 90, entries: [entry(91, 5)] }]);
      assert.deepEqual(store.range(1), { first: 91, last: 91 });
      await store.append([{ group: 1, hardState: { term: 6, vote: 0, commit: 100 }, restartAfter: 100, entries: [] }]);
      assert.equal(store.range(1), null);
      await store.append([writeOf(1, [entry(101, 6)])]);
      assert.deepEqual(store.range(1), { first: 101, last: 101 });
    });

    withStore('refuses a gap in a log', async (store) => {
      await store.append([writeOf(1, [entry(1, 1)])]);
      await assert.rejects(async () => store.append([writeOf(1, [entry(3, 1)])]), isFault('corrupt', 1));
    });

    withStore('keeps its own copy of what it was given', async (store) => {
      const data = Uint8Array.of(1, 2, 3);
      const written = store.append([writeOf(1, [{ ...entry(1, 1), data }])]);
      await written;
      data.fill(9);
      assert.deepEqual(entriesOf(store, 1)[0]?.data, [1, 2, 3]);
    });

    withStore('writes that overlap resolve in the order in which they were asked for', async (store) => {
      const order: number[] = [];
      const writes = Array.from({ length: 50 }, (_, at) =>
        store.append([writeOf(1 + (at % 3), [entry(1 + Math.floor(at / 3), 1)])]).then(() => order.push(at)),
      );
      await Promise.all(writes);
      assert.deepEqual(
        order,
        Array.from({ length: 50 }, (_, at) => at),
      );
      assert.deepEqual(store.range(1), { first: 1, last: 17 });
    });

    withStore('indexes and terms reach beyond 32 bits', async (store) => {
      const large = { ...entry(2 ** 40 + 1, 2 ** 41), data: Uint8Array.of(7) };
      await store.append([
        { group: 1, hardState: { term: 2 ** 41, vote: 5, commit: 2 ** 40 }, restartAfter: 2 ** 40, entries: [large] },
      ]);
      assert.deepEqual(entriesOf(store, 1), [plain(large)]);
      assert.deepEqual(store.hardState(1), { term: 2 ** 41, vote: 5, commit: 2 ** 40 });
    });

    logStoreFaultCases(subject);
    logStoreModelCases(subject);
  });
}

function plain({ index, term, kind, data }: ReturnType<typeof entry>): object {
  return { index, term, kind, data: [...data] };
}
