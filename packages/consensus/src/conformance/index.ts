export { logStoreKit } from './log-store-kit.ts';
export { snapshotStoreKit } from './snapshot-store-kit.ts';
export { stableStoreKit } from './stable-store-kit.ts';
export type { KitFaults, KitSubject, KitVolume } from './subject.ts';
