export { LmdbCursorStore } from './lmdb-cursor-store.ts';
export { openLmdbStores } from './lmdb-stores.ts';
export { type KeptRevocations, type KnownPeer, type NodeState, NodeStateStore } from './node-state-store.ts';
export { VolumeError, type VolumeRefusal } from './storage-error.ts';
export { TopicLog } from './topic-log.ts';
export { type Retention, TopicRetention } from './topic-retention.ts';
export { Volume, type VolumeOptions } from './volume.ts';
