import type { Priority } from '../ports.ts';

/** Version of the messages between nodes; a node refuses what it does not know. */
export const DATA_VERSION = 1;
/** Bytes of one record's payload. */
export const PAYLOAD_BYTES_MAX = 1024 * 1024;
/** Bytes of a payload that may be lost: with what comes before it, it travels in one frame. */
export const TRANSIENT_BYTES_MAX = 30 * 1024;
/** Bytes of a whole message. */
export const MESSAGE_BYTES_MAX = PAYLOAD_BYTES_MAX + 64 * 1024;
/** Records in one message. */
export const RECORDS_MAX = 4096;
/** Topics in one message. */
export const TOPICS_MAX = 4096;

/** A record on its way. */
export interface WireRecord {
  /** Its place in the log of its origin, the sender; 0 when it is in no log. */
  readonly seq: number;
  readonly timeMs: number;
  readonly priority: Priority;
  readonly payload: Uint8Array;
}

/** Records of one topic out of the sender's log, in order. */
export interface RecordsMessage {
  readonly kind: 'records';
  readonly topic: string;
  /** Sequence of the record that went before; the receiver must have it. */
  readonly previous: number;
  /** The receiver was promised nothing before these, so it need not have the previous one. */
  readonly isBase: boolean;
  readonly records: readonly WireRecord[];
}

/** Records that are in no log and may be lost. */
export interface TransientMessage {
  readonly kind: 'transient';
  readonly topic: string;
  readonly records: readonly WireRecord[];
}

/** Everything of the receiver's up to `mark` is durable here. */
export interface AckMessage {
  readonly kind: 'ack';
  readonly topic: string;
  readonly mark: number;
  /** Records were left out because the ones before them are missing. */
  readonly isRefusal: boolean;
}

/** Which version of a node's interests it is: they begin anew with each start of the node. */
export interface InterestVersion {
  readonly epoch: number;
  readonly version: number;
}

/** What has changed since the version before `version`. */
export interface InterestDelta extends InterestVersion {
  readonly kind: 'interest-delta';
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** By what a receiver sees whether it has the sender's interests as they are. */
export interface InterestDigest extends InterestVersion {
  readonly kind: 'interest-digest';
  readonly count: number;
  /** Sum of the hashes of all topics, modulo 2^48. */
  readonly hash: number;
}

/** Asks for all interests of the receiver. */
export interface InterestRequest {
  readonly kind: 'interest-request';
}

/** All interests of the sender, in parts that are counted from 0. */
export interface InterestSet extends InterestVersion {
  readonly kind: 'interest-set';
  readonly part: number;
  readonly parts: number;
  readonly topics: readonly string[];
}

/** What nodes say to each other about data. */
export type DataMessage =
  | RecordsMessage
  | TransientMessage
  | AckMessage
  | InterestDelta
  | InterestDigest
  | InterestRequest
  | InterestSet;

/** Why bytes are no message. */
export type DataRefusal = 'too-large' | 'truncated' | 'unknown-version' | 'unknown-kind' | 'bad-field' | 'trailing';

/** The number of each kind on the wire. */
export const KIND_NUMBERS = {
  records: 1,
  transient: 2,
  ack: 3,
  'interest-delta': 4,
  'interest-digest': 5,
  'interest-request': 6,
  'interest-set': 7,
} as const satisfies Record<DataMessage['kind'], number>;
