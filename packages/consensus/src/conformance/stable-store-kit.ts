import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StableStore } from '../ports/stable-store.ts';
import { isFault } from './faults.ts';
import type { KitSubject } from './subject.ts';

/** What every StableStore must do, as cases of node:test. */
export function stableStoreKit(subject: KitSubject<StableStore>): void {
  describe(`${subject.name} as a stable store`, () => {
    test('keeps, replaces and removes records', async (t) => {
      const store = await (await subject.volume(t)).open();
      t.after(() => store.close());
      assert.equal(store.get('a'), null);
      await store.set('a', Uint8Array.of(1, 2));
      await store.set('b', new Uint8Array(0));
      assert.deepEqual([...(store.get('a') ?? [])], [1, 2]);
      assert.equal(store.get('b')?.length, 0);
      await store.set('a', Uint8Array.of(3));
      assert.deepEqual([...(store.get('a') ?? [])], [3]);
      await store.set('a', null);
      assert.equal(store.get('a'), null);
    });

    test('keeps its own copy of what it was given', async (t) => {
      const store = await (await subject.volume(t)).open();
      t.after(() => store.close());
      const value = Uint8Array.of(1);
      await store.set('a', value);
      value[0] = 9;
      assert.deepEqual([...(store.get('a') ?? [])], [1]);
    });

    test('has its records and its volume id again after it was closed and opened', async (t) => {
      const volume = await subject.volume(t);
      const first = await volume.open();
      const { volumeId } = first;
      await first.set('a', Uint8Array.of(1));
      await first.set('b', Uint8Array.of(2));
      await first.set('b', null);
      await first.close();
      const second = await volume.open();
      t.after(() => second.close());
      assert.ok(volumeId.length >= 8);
      assert.equal(second.volumeId, volumeId);
      assert.deepEqual([...(second.get('a') ?? [])], [1]);
      assert.equal(second.get('b'), null);
    });

    test('another volume has another id', async (t) => {
      const one = await (await subject.volume(t)).open();
      t.after(() => one.close());
      const other = await (await subject.volume(t)).open();
      t.after(() => other.close());
      assert.notEqual(one.volumeId, other.volumeId);
    });

    test('a store that is closed takes nothing more', async (t) => {
      const store = await (await subject.volume(t)).open();
      await store.close();
      await assert.rejects(async () => store.set('a', Uint8Array.of(1)), isFault('closed'));
    });

    for (const fault of ['full', 'io'] as const) {
      test(`a write that fails (${fault}) is reported`, async (t) => {
        const volume = await subject.volume(t);
        const fail = volume.faults?.failWrites?.bind(volume.faults);
        if (fail === undefined) return t.skip('writes of this volume cannot be made to fail');
        const store = await volume.open();
        t.after(() => store.close());
        await fail(fault);
        await assert.rejects(async () => store.set('a', Uint8Array.of(1)), isFault(fault));
      });
    }

    test('a damaged record is refused', async (t) => {
      const volume = await subject.volume(t);
      const damage = volume.faults?.damageRecord?.bind(volume.faults);
      if (damage === undefined) return t.skip('records of this volume cannot be damaged');
      const first = await volume.open();
      await first.set('a', Uint8Array.of(1, 2, 3));
      await first.close();
      await damage('a');
      await assert.rejects(async () => {
        const second = await volume.open();
        t.after(() => second.close());
        second.get('a');
      }, isFault('corrupt'));
    });
  });
}
