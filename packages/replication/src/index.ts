export type { ControlChange } from './control-group/change.ts';
export {
  COMMAND_VERSION,
  type Command,
  type CommandBody,
  type CommandHeader,
  type JoinKey,
  type JoinPolicy,
  type MeshHealth,
} from './control-group/command.ts';
export {
  type Applied,
  ControlGroup,
  ControlGroupError,
  encodeCommand,
  type Initiator,
  joinKeyHash,
} from './control-group/control-group.ts';
export { controlStateFlaws } from './control-group/flaws.ts';
export { LIMITS } from './control-group/limits.ts';
export {
  introductionField,
  type Member,
  type NodeDescription,
  type NodeIntroduction,
} from './control-group/node-record.ts';
export { CONTROL_REASONS, type ControlReason, type ControlResult } from './control-group/reason.ts';
export { decodeState, encodeState, SNAPSHOT_VERSION } from './control-group/snapshot.ts';
export {
  type ControlState,
  emptyState,
  type FormerMember,
  type HeldJoinKey,
  type OverrideRecord,
  type Setting,
} from './control-group/state.ts';
export { MemoryVolume, type VolumeContents } from './memory/memory-volume.ts';
export { ControlPlane } from './plane/control-plane.ts';
export { CONTROL_GROUP_ID, type DurableBatch } from './plane/durable-batch.ts';
export { DEFAULT_PLANE, type PlaneConfig } from './plane/plane-config.ts';
export { decodePlaneMessage, encodePlaneMessage, type PlaneMessage } from './plane/plane-message.ts';
export type { ControlPlaneStart, RequestOptions } from './plane/plane-options.ts';
export type { LoggedChange, PlaneReady } from './plane/plane-ready.ts';
export type { RequestOutcome } from './plane/requests.ts';
export { meshHealth } from './voters/mesh-health.ts';
export { planVoters, type VoterSituation, type VoterView, voterTarget } from './voters/voter-policy.ts';
