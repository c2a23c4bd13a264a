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
export { GroupDriver } from './driver/group-driver.ts';
export type { GroupCreation, GroupDriverOptions, GroupReopening } from './driver/group-driver-options.ts';
export type { Applied } from './driver/pending-proposals.ts';
export { ProposalError, type ProposalFailure } from './driver/proposal-error.ts';
export { type RecoveredReplica, type ReplicaRefusal, ReplicaRefusedError, recoverReplica } from './driver/recover.ts';
export { type ReplicaRecord, readReplicaRecord, writeReplicaRecord } from './driver/replica-record.ts';
export { type Entry, EntryKind, type HardState, type LogPosition, type ReplicaId } from './entry.ts';
export { GroupHost, type GroupHostOptions, type GroupStart, type HostCounters } from './host/group-host.ts';
export type { GroupRead, HostReady, OutgoingFrame } from './host/host-ready.ts';
export { MemoryLogStore } from './memory/memory-log-store.ts';
export { MemorySnapshotStore } from './memory/memory-snapshot-store.ts';
export { MemoryStableStore } from './memory/memory-stable-store.ts';
export { type MemoryStores, openMemoryStores } from './memory/memory-stores.ts';
export { MemoryVolume } from './memory/memory-volume.ts';
export { MESSAGE_VERSION, type Message } from './message.ts';
export { DEFAULT_OPTIONS, type RaftOptions } from './options.ts';
export type { GroupId, LogRange, LogStore, LogWrite } from './ports/log-store.ts';
export type { SnapshotStore } from './ports/snapshot-store.ts';
export type { StableStore } from './ports/stable-store.ts';
export type { StateMachine } from './ports/state-machine.ts';
export { StorageError, type StorageFault } from './ports/storage-error.ts';
export type { Stores } from './ports/stores.ts';
export { FrameClass, type Transport } from './ports/transport.ts';
export { type Proposal, RaftNode, type RaftStart, type Refusal } from './raft-node.ts';
export type { RaftStatus, Ready } from './ready.ts';
export { memorySnapshot, type Snapshot, type SnapshotMeta, type SnapshotSource } from './snapshot.ts';
export { type DecodedFrame, decodeFrame, type FrameRefusal } from './wire/frame.ts';
export { encodeFrame, FrameWriter } from './wire/frame-writer.ts';
export { type FrameFuzzReport, fuzzRaftFrames } from './wire/fuzz.ts';
export type { GroupMessage } from './wire/group-message.ts';
