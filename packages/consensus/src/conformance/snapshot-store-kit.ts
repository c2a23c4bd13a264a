import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Configuration, initialConfiguration } from '../configuration.ts';
import type { SnapshotStore } from '../ports/snapshot-store.ts';
import type { SnapshotMeta, SnapshotSource } from '../snapshot.ts';
import { isFault } from './faults.ts';
import type { KitSubject } from './subject.ts';

const CONFIGURATION: Configuration = { ...initialConfiguration([1, 2, 3], [4]), learners: [7] };
const PIECES = [Buffer.alloc(70_000, 1), Buffer.alloc(0), Buffer.alloc(3, 2), Buffer.alloc(200_000, 3)];
const BYTES = Buffer.concat(PIECES);

/** What every SnapshotStore must do, as cases of node:test. */
export function snapshotStoreKit(subject: KitSubject<SnapshotStore>): void {
  describe(`${subject.name} as a snapshot store`, () => {
    test('begins with none', async (t) => {
      const store = await (await subject.volume(t)).open();
      t.after(() => store.close());
      assert.equal(store.newest(1), null);
    });

    test('reads a snapshot piece by piece, wherever the pieces begin', async (t) => {
      const store = await (await subject.volume(t)).open();
      t.after(() => store.close());
      const saved = await store.save(1, metaAt(10), PIECES);
      for (const source of [saved, store.newest(1)]) {
        assert.ok(source !== null);
        assert.deepEqual(metaOf(source), metaAt(10));
        assert.equal(source.totalBytes, BYTES.length);
        for (const [offset, length] of [
          [0, 5],
          [69_998, 10],
          [123_456, 65_536],
          [BYTES.length - 7, 100],
        ] as const)
          assert.ok(BYTES.subarray(offset, offset + length).equals(source.read(offset, length)));
      }
    });

    test('keeps the newest of each group, and an empty one as well', async (t) => {
      const store = await (await subject.volume(t)).open();
      t.after(() => store.close());
      await store.save(1, metaAt(10), PIECES);
      await store.save(1, metaAt(20), []);
      await store.save(2, metaAt(5), [Uint8Array.of(9)]);
      assert.equal(store.newest(1)?.index, 20);
      assert.equal(store.newest(1)?.totalBytes, 0);
      assert.equal(store.newest(1)?.read(0, 10).length, 0);
      assert.deepEqual([...(store.newest(2)?.read(0, 10) ?? [])], [9]);
      await store.remove(1);
      assert.equal(store.newest(1), null);
      assert.equal(store.newest(2)?.index, 5);
    });

    test('a transfer under way goes on from the snapshot that it began with', async (t) => {
      const store = await (await subject.volume(t)).open();
      t.after(() => store.close());
      const older = await store.save(1, metaAt(10), PIECES);
      await store.save(1, metaAt(20), [Uint8Array.of(1)]);
      assert.ok(BYTES.subarray(100, 200).equals(older.read(100, 100)));
    });

    test('has the newest again after it was closed and opened', async (t) => {
      const volume = await subject.volume(t);
      const first = await volume.open();
      await first.save(1, metaAt(10), [Uint8Array.of(1)]);
      await first.save(1, metaAt(20), PIECES);
      await first.close();
      const second = await volume.open();
      t.after(() => second.close());
      const source = second.newest(1);
      assert.ok(source !== null);
      assert.deepEqual(metaOf(source), metaAt(20));
      assert.ok(BYTES.equals(source.read(0, source.totalBytes)));
    });

    test('after a crash there is the old one or the new one, whole', async (t) => {
      const volume = await subject.volume(t);
      if (volume.crash === undefined) return t.skip('this volume cannot crash in a test');
      const first = await volume.open();
      await first.save(1, metaAt(10), [Uint8Array.of(1)]);
      const lost = first.save(1, metaAt(20), PIECES).catch(() => undefined);
      await volume.crash();
      await lost;
      const second = await volume.open();
      t.after(() => second.close());
      const source = second.newest(1);
      const whole = source?.index === 10 ? Buffer.of(1) : BYTES;
      assert.ok(whole.equals(source?.read(0, source.totalBytes) ?? Buffer.alloc(0)));
    });

    for (const fault of ['full', 'io'] as const) {
      test(`a write that fails (${fault}) is reported`, async (t) => {
        const volume = await subject.volume(t);
        const fail = volume.faults?.failWrites?.bind(volume.faults);
        if (fail === undefined) return t.skip('writes of this volume cannot be made to fail');
        const store = await volume.open();
        t.after(() => store.close());
        await fail(fault);
        await assert.rejects(async () => store.save(1, metaAt(10), PIECES), isFault(fault));
      });
    }

    test('a damaged snapshot is refused by group and index', async (t) => {
      const volume = await subject.volume(t);
      const damage = volume.faults?.damageSnapshot?.bind(volume.faults);
      if (damage === undefined) return t.skip('snapshots of this volume cannot be damaged');
      const first = await volume.open();
      await first.save(3, metaAt(10), PIECES);
      await first.close();
      await damage(3);
      await assert.rejects(
        async () => {
          const second = await volume.open();
          t.after(() => second.close());
          const source = second.newest(3);
          source?.read(0, source.totalBytes);
        },
        isFault('corrupt', 3, 10),
      );
    });
  });
}

function metaAt(index: number): SnapshotMeta {
  return { index, term: 4, configuration: CONFIGURATION };
}

function metaOf({ index, term, configuration }: SnapshotSource): SnapshotMeta {
  return { index, term, configuration };
}
