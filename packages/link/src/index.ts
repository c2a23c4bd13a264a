export { SendResult } from './virtual-link/admission.ts';
export { BatchPool } from './virtual-link/batch-pool.ts';
export { DEFAULT_LINK_CONFIG, type LinkConfig } from './virtual-link/config.ts';
export { createVirtualLink } from './virtual-link/create-virtual-link.ts';
export { CreditReceiver, CreditSender } from './virtual-link/credit.ts';
export type { DropCounters, Flow, FlowOptions } from './virtual-link/flow.ts';
export type { LaneCause, LaneState } from './virtual-link/lane.ts';
export type { LinkEvent, Ready } from './virtual-link/link-event.ts';
export type { Delivery } from './virtual-link/receiver.ts';
export { Resequencer } from './virtual-link/resequencer.ts';
export type { LaneWrite } from './virtual-link/sender.ts';
export type { LaneStats, LinkStats } from './virtual-link/stats.ts';
export {
  type VirtualLink,
  type VirtualLinkOptions,
} from './virtual-link/virtual-link.ts';
export { BatchHeader, BatchReader, updateBatchHeader, writeBatchHeader } from './wire/batch.ts';
export {
  BATCH_BYTES_MAX,
  BATCH_HEADER_BYTES,
  Feature,
  FRAME_BYTES_MAX,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameType,
  LANES_MAX,
  PAYLOAD_BYTES_MAX,
  type Refusal,
  SEGMENTS_MAX,
  TRACE_BYTES,
  TrafficClass,
} from './wire/format.ts';
export { type FragmentRefusal, fragment, fragmentCount, Reassembler, type ReassemblyLimits } from './wire/fragments.ts';
export { FrameCursor } from './wire/frame-cursor.ts';
export { createFrame, type Frame, frameBytes, isEncodable, writeFrame } from './wire/frame-writer.ts';
export { type FuzzReport, fuzzFrames } from './wire/fuzz.ts';
export { type Established, Handshake, type HandshakeStep, type TranscriptProof } from './wire/handshake.ts';
export { commonVersion, type HandshakeRefusal, type Hello, linkEpochOf, WIRE_VERSIONS } from './wire/hello.ts';
export { advanceHop } from './wire/relay.ts';
