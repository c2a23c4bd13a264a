export { CONSENSUS_FAULTS, consensusCore } from './consensus/consensus-core.ts';
export type { CoreFactory, CoreMessage, CorePort, CoreReady, CoreStart, CoreStatus } from './consensus/core-port.ts';
export { CONSENSUS_INVARIANTS, type ConsensusInvariant } from './consensus/invariants.ts';
export { decodeRecords, encodeRecord, type RecordFlaw } from './disk/checksum.ts';
export { DiskError, type DiskFaults, type DiskProfile, type PowerLossStyle, SimDisk } from './disk/disk.ts';
export { EventQueue, type ScheduledEvent } from './event-queue.ts';
export type { FuzzedCodec } from './fuzz/fuzzed-codec.ts';
export { fuzzCodec } from './fuzz/fuzzer.ts';
export { anyBytes, anyNumber, anyText } from './fuzz/mesh-samples.ts';
export type { Operation, SequentialModel } from './history/history.ts';
export {
  checkLinearizability,
  type LinearizabilityReport,
  type LinearizabilityVerdict,
} from './history/linearizability.ts';
export { type RegisterInput, type RegisterOutput, registerModel } from './history/register-model.ts';
export { type Invariant, InvariantRegistry, InvariantViolation } from './invariant.ts';
export {
  type DetectionResult,
  type LossResult,
  measureDetection,
  measureHealing,
  measureLoss,
} from './membership/measurements.ts';
export { DISK_FAULTS } from './nemesis/disk-faults.ts';
export type { ClockHost, DiskHost, FaultKind, NetworkHost, ProcessHost, StopStyle } from './nemesis/fault.ts';
export { NETWORK_FAULTS } from './nemesis/network-faults.ts';
export { CLOCK_FAULTS, PROCESS_FAULTS } from './nemesis/process-faults.ts';
export { type FaultOccurrence, planFaults, type ScheduleOptions } from './nemesis/schedule.ts';
export type { LinkRule } from './network/link-rule.ts';
export { LAN_PROFILE, type NetworkCounts, type NetworkProfile, SimNetwork } from './network/network.ts';
export { NodeClock } from './node-clock.ts';
export { hashSeed, SeededRandom } from './random.ts';
export {
  type MeshPartitionsOptions,
  measureMeshPartitions,
  type PartitionResult,
} from './scenarios/mesh-partitions.ts';
export { PARTITION_SHAPES, type PartitionShape } from './scenarios/partitions.ts';
export { TraceRing } from './trace.ts';
