/** The wire versions that this code speaks; a HELLO names them and the higher common one is used. */
export const WIRE_VERSION_MIN = 1;
export const WIRE_VERSION_MAX = 1;

/** Bytes before the frames of a batch: `u8 version, u8 lane, u16 n, u32 linkEpoch, u48 batchSeq, u48 cumAck, u32 credit`. */
export const BATCH_HEADER_BYTES = 24;
/** Bytes before the options and payload of a frame. */
export const FRAME_HEADER_BYTES = 32;
/** A larger payload travels in fragments, so that control never waits behind it. */
export const PAYLOAD_BYTES_MAX = 32 * 1024;
/** Nodes that a source route may name. */
export const SEGMENTS_MAX = 32;
/** W3C trace id (16 bytes) and parent span id (8 bytes). */
export const TRACE_BYTES = 24;
/** `u8 n, u8 at, u16 0` before the segments. */
export const SEGMENTS_HEADER_BYTES = 4;
/** `u32 messageId, u32 totalBytes, u32 offset` at the head of a fragment's payload. */
export const FRAGMENT_HEADER_BYTES = 12;

export const FRAME_BYTES_MAX =
  FRAME_HEADER_BYTES + SEGMENTS_HEADER_BYTES + 4 * SEGMENTS_MAX + TRACE_BYTES + PAYLOAD_BYTES_MAX;
/** A batch is flushed at this size and refused above it. */
export const BATCH_BYTES_MAX = 64 * 1024;
/** Lane numbers 0 to 15. */
export const LANES_MAX = 16;

/** What a frame carries. A relay forwards types that it does not know; 0 is never sent. */
export const FrameType = {
  data: 1,
  control: 2,
  echo: 3,
  echoReply: 4,
  flowCredit: 5,
  raft: 6,
  gossip: 7,
  linkState: 8,
} as const;

/** Bits of a frame's `flags`; the others are zero in version 1. */
export const FrameFlag = {
  segments: 1,
  trace: 2,
  fragment: 4,
  striped: 8,
  reliable: 16,
  /** Its route was replaced on the way once: a second dead hop makes it wait for the computation. */
  repaired: 32,
} as const;

export const FRAME_FLAGS_KNOWN = 63;

/** Traffic classes in order of precedence. */
export const TrafficClass = { control: 0, priority: 1, bulk: 2 } as const;
export type TrafficClass = (typeof TrafficClass)[keyof typeof TrafficClass];
export const CLASSES = 3;

/** Optional abilities, offered in HELLO; both sides must have one for it to be used. */
export const Feature = {
  fragmentation: 1,
  striping: 2,
  tracing: 4,
} as const;
export const FEATURES_KNOWN = 7;

/** Why bytes from the network were not taken. A refusal is counted and answered by nothing; it never throws. */
export type Refusal =
  | 'truncated'
  | 'oversize'
  | 'bad_version'
  | 'bad_lane'
  | 'bad_epoch'
  | 'bad_count'
  | 'bad_sequence'
  | 'bad_ack'
  | 'bad_length'
  | 'bad_type'
  | 'bad_flags'
  | 'bad_ttl'
  | 'bad_class'
  | 'bad_segments'
  | 'bad_fragment'
  | 'bad_echo'
  | 'over_credit'
  | 'reorder_full';
