export type { Contact } from './bootstrap/contact.ts';
export type { JoinWish } from './bootstrap/joining.ts';
export { decodeNeighbourWords, encodeNeighbourWords, type NeighbourWords } from './bootstrap/neighbour-message.ts';
export { DEFAULT_MESH_CORE, type MeshCoreConfig } from './config.ts';
export { MeshCore } from './mesh-core.ts';
export {
  type MeshCoreOptions,
  type MeshSelf,
  NOTHING_RESTORED,
  type Restored,
  type SeedKey,
  type SeedWish,
} from './mesh-core-options.ts';
export type {
  MeshBatch,
  MeshClose,
  MeshEvent,
  MeshPhase,
  MeshReady,
  OperationOutcome,
  RemovalReason,
  TracedHop,
} from './mesh-ready.ts';
