export { KeyKeeper } from './key-keeper.ts';
export { KeyRing } from './key-ring.ts';
export { SealingKey, seal } from './sealing.ts';
