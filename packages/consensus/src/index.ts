export {
  type Configuration,
  ConfigurationError,
  decodeConfiguration,
  encodeConfiguration,
  initialConfiguration,
  isJoint,
  isVoter,
  type MemberChange,
  membersOf,
} from './configuration.ts';
export { type Entry, EntryKind, type HardState, type LogPosition, type ReplicaId } from './entry.ts';
export { MESSAGE_VERSION, type Message } from './message.ts';
export { DEFAULT_OPTIONS, type RaftOptions } from './options.ts';
export { type Proposal, RaftNode, type RaftStart, type Refusal } from './raft-node.ts';
export type { RaftStatus, Ready } from './ready.ts';
export { memorySnapshot, type Snapshot, type SnapshotMeta, type SnapshotSource } from './snapshot.ts';
