import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogStore } from '../ports/log-store.ts';
import { isFault } from './faults.ts';
import type { KitSubject } from './subject.ts';
import { entriesOf, entry, indexesOf, writeOf } from './writes.ts';

/** A log store over restarts and on a disk that fails. */
export function logStoreFaultCases(subject: KitSubject<LogStore>): void {
  test('has everything again after it was closed and opened', async (t) => {
    const volume = await subject.volume(t);
    const first = await volume.open();
    const state = { term: 2, vote: 3, commit: 2 };
    await first.append([
      writeOf(
        1,
        [1, 2, 3, 4].map((index) => entry(index, 1)),
      ),
      writeOf(2, [entry(1, 9)]),
    ]);
    await first.append([writeOf(1, [entry(4, 2)], state)]);
    await first.compact(1, 1);
    await first.remove(2);
    await first.close();
    const second = await volume.open();
    t.after(() => second.close());
    assert.deepEqual(second.range(1), { first: 2, last: 4 });
    assert.deepEqual(
      entriesOf(second, 1).map(({ index, term }) => [index, term]),
      [
        [2, 1],
        [3, 1],
        [4, 2],
      ],
    );
    assert.deepEqual(second.hardState(1), state);
    assert.deepEqual(second.groups(), [1]);
  });

  test('has everything that was resolved after a crash, and each batch whole or not at all', async (t) => {
    const volume = await subject.volume(t);
    if (volume.crash === undefined) return t.skip('this volume cannot crash in a test');
    const first = await volume.open();
    await first.append([writeOf(1, [entry(1, 1)]), writeOf(2, [entry(1, 1)])]);
    const lost = first.append([writeOf(1, [entry(2, 1)]), writeOf(2, [entry(2, 1)])]).catch(() => undefined);
    await volume.crash();
    await lost;
    const second = await volume.open();
    t.after(() => second.close());
    const last = second.range(1)?.last;
    assert.ok(last === 1 || last === 2);
    assert.equal(second.range(2)?.last, last);
  });

  test('a store that is closed takes nothing more', async (t) => {
    const store = await (await subject.volume(t)).open();
    const written = store.append([writeOf(1, [entry(1, 1)])]);
    await store.close();
    await written;
    await assert.rejects(async () => store.append([writeOf(1, [entry(2, 1)])]), isFault('closed'));
  });

  for (const fault of ['full', 'io'] as const) {
    test(`a write that fails (${fault}) is reported, and so are all after it`, async (t) => {
      const volume = await subject.volume(t);
      const fail = volume.faults?.failWrites?.bind(volume.faults);
      if (fail === undefined) return t.skip('writes of this volume cannot be made to fail');
      const store = await volume.open();
      t.after(() => store.close());
      await store.append([writeOf(1, [entry(1, 1)])]);
      await fail(fault);
      await assert.rejects(async () => store.append([writeOf(1, [entry(2, 1)])]), isFault(fault));
      await assert.rejects(async () => store.append([writeOf(1, [entry(2, 1)])]), isFault(fault));
    });
  }

  test('a damaged entry is refused by group and index, and those before it are read', async (t) => {
    const volume = await subject.volume(t);
    const damage = volume.faults?.damageEntry?.bind(volume.faults);
    if (damage === undefined) return t.skip('entries of this volume cannot be damaged');
    const first = await volume.open();
    await first.append([
      writeOf(
        5,
        [1, 2, 3].map((index) => entry(index, 1)),
      ),
      writeOf(6, [entry(1, 1)]),
    ]);
    await first.close();
    await damage(5, 2);
    await assert.rejects(
      async () => {
        const second = await volume.open();
        t.after(() => second.close());
        assert.deepEqual(indexesOf(second.read(6, 1, Number.MAX_SAFE_INTEGER)), [1]);
        second.read(5, 1, Number.MAX_SAFE_INTEGER);
      },
      isFault('corrupt', 5, 2),
    );
  });
}
