import { type MemoryStores, MemoryVolume, openMemoryStores } from '@peermesh/consensus';
import { type KitVolume, logStoreKit, snapshotStoreKit, stableStoreKit } from '@peermesh/consensus/conformance';

let volumes = 0;

function volumeOf<Store>(pick: (stores: MemoryStores) => Store): KitVolume<Store> {
  volumes += 1;
  const volume = new MemoryVolume(`memory-${volumes}`);
  return {
    open: () => pick(openMemoryStores(volume)),
    crash: () => volume.crash(),
    faults: {
      failWrites: (fault) => volume.fail(fault),
      damageEntry: (group, index) => openMemoryStores(volume).log.damage(group, index),
      damageRecord: (key) => openMemoryStores(volume).stable.damage(key),
      damageSnapshot: (group) => openMemoryStores(volume).snapshots.damage(group),
    },
  };
}

logStoreKit({ name: 'memory', volume: () => volumeOf(({ log }) => log) });
stableStoreKit({ name: 'memory', volume: () => volumeOf(({ stable }) => stable) });
snapshotStoreKit({ name: 'memory', volume: () => volumeOf(({ snapshots }) => snapshots) });
