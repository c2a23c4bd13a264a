import type { TestContext } from 'node:test';
import { type KitVolume, logStoreKit, snapshotStoreKit, stableStoreKit } from '@peermesh/consensus/conformance';
import { temporaryFolder } from '@peermesh/testkit';
import { LmdbLogStore } from '../../src/store/lmdb-log-store.ts';
import { LmdbSnapshotStore } from '../../src/store/lmdb-snapshot-store.ts';
import { LmdbStableStore } from '../../src/store/lmdb-stable-store.ts';
import { decodeRun, entriesOfRun } from '../../src/store/raft-run-record.ts';
import { keyOf } from '../../src/store/record.ts';
import { Volume } from '../../src/store/volume.ts';

interface Closeable {
  close(): Promise<void>;
}

function volumeOf<Store extends Closeable>(t: TestContext, open: (volume: Volume) => Store): KitVolume<Store> {
  const folder = temporaryFolder('volume');
  t.after(() => folder.remove());
  const options = { path: folder.path, nodeId: 'node' };
  const lastByteOf = (record: Buffer): number => record.length - 1;
  const damage = async (table: string, key: Buffer, placeIn = lastByteOf): Promise<void> => {
    const volume = Volume.open(options);
    const record = volume.table(table).get(key);
    if (record === undefined) throw new Error(`no record in ${table}`);
    const at = placeIn(record);
    record[at] = (record[at] as number) ^ 1;
    await volume.commit((writes) => writes.put(volume.table(table), key, record));
    await volume.close();
  };
  return {
    open() {
      const volume = Volume.open(options);
      const store = open(volume);
      const close = store.close.bind(store);
      store.close = async () => {
        await close();
        await volume.close();
      };
      return store;
    },
    faults: {
      damageEntry: (group, index) =>
        damage('raft-entries', keyOf(group, 1), (record) => {
          const { value } = entriesOfRun(decodeRun(record, group, 1), index).next();
          return (value?.data.byteOffset ?? 0) - record.byteOffset;
        }),
      damageRecord: (key) => damage('stable', Buffer.from(key)),
      damageSnapshot: () => damage('snapshot-chunks', keyOf(1, 1)),
    },
  };
}

logStoreKit({ name: 'lmdb', volume: (t) => volumeOf(t, (volume) => new LmdbLogStore(volume)) });
stableStoreKit({ name: 'lmdb', volume: (t) => volumeOf(t, (volume) => new LmdbStableStore(volume)) });
snapshotStoreKit({ name: 'lmdb', volume: (t) => volumeOf(t, (volume) => new LmdbSnapshotStore(volume)) });
