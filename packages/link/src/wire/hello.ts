import { createHash } from 'node:crypto';
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';
import { CLASSES, LANES_MAX, WIRE_VERSION_MAX, WIRE_VERSION_MIN } from './format.ts';

export const NODE_ID_BYTES = 32;
export const NONCE_BYTES = 16;
export const HELLO_BYTES = 80;
const HELLO_BYTES_MAX = 512;
const MAGIC = 0x4c484d50;

/** What a node says of itself on a new connection. */
export interface Hello {
  readonly versionMin: number;
  readonly versionMax: number;
  /** Bits of `Feature`; a reader ignores those it does not know. */
  readonly features: number;
  /** The lane that this connection is to be. */
  readonly lane: number;
  readonly role: 'initiator' | 'responder';
  /** Chosen at random when the process starts. */
  readonly incarnation: number;
  /** What the sender grants at first, per class. */
  readonly creditBytes: readonly number[];
  /** Public key of the node. */
  readonly nodeId: Uint8Array;
  readonly nonce: Uint8Array;
}

/** Why a HELLO or CONFIRM ended a connection. */
export type HandshakeRefusal =
  | 'truncated'
  | 'oversize'
  | 'bad_magic'
  | 'bad_version_range'
  | 'bad_lane'
  | 'lane_mismatch'
  | 'same_role'
  | 'same_node'
  | 'no_common_version'
  | 'downgrade'
  | 'bad_proof'
  | 'unexpected';

export function encodeHello(hello: Hello): Uint8Array {
  const bytes = new Uint8Array(HELLO_BYTES);
  writeU32(bytes, 0, MAGIC);
  writeU16(bytes, 4, HELLO_BYTES);
  bytes[6] = hello.versionMin;
  bytes[7] = hello.versionMax;
  writeU32(bytes, 8, hello.features);
  bytes[12] = hello.lane;
  bytes[13] = hello.role === 'initiator' ? 0 : 1;
  writeU32(bytes, 16, hello.incarnation);
  for (let i = 0; i < CLASSES; i += 1) writeU32(bytes, 20 + 4 * i, hello.creditBytes[i] ?? 0);
  bytes.set(hello.nodeId.subarray(0, NODE_ID_BYTES), 32);
  bytes.set(hello.nonce.subarray(0, NONCE_BYTES), 64);
  return bytes;
}

/** Reads a HELLO. One from a later version may be longer; what follows the known part is ignored here, not in the hash. */
export function decodeHello(bytes: Uint8Array): Hello | HandshakeRefusal {
  if (bytes.length < HELLO_BYTES) return 'truncated';
  if (bytes.length > HELLO_BYTES_MAX) return 'oversize';
  if (readU32(bytes, 0) !== MAGIC) return 'bad_magic';
  if (readU16(bytes, 4) !== bytes.length) return 'truncated';
  const versionMin = bytes[6]!;
  const versionMax = bytes[7]!;
  if (versionMin === 0 || versionMin > versionMax) return 'bad_version_range';
  if (bytes[12]! >= LANES_MAX || bytes[13]! > 1) return 'bad_lane';
  return {
    versionMin,
    versionMax,
    features: readU32(bytes, 8),
    lane: bytes[12]!,
    role: bytes[13] === 0 ? 'initiator' : 'responder',
    incarnation: readU32(bytes, 16),
    creditBytes: [readU32(bytes, 20), readU32(bytes, 24), readU32(bytes, 28)],
    nodeId: bytes.slice(32, 32 + NODE_ID_BYTES),
    nonce: bytes.slice(64, 64 + NONCE_BYTES),
  };
}

/** The highest version that both ranges hold, or null. */
export function commonVersion(
  local: Pick<Hello, 'versionMin' | 'versionMax'>,
  remote: Pick<Hello, 'versionMin' | 'versionMax'>,
): number | null {
  const version = Math.min(local.versionMax, remote.versionMax);
  return version < Math.max(local.versionMin, remote.versionMin) ? null : version;
}

/** The range that this code speaks. */
export const WIRE_VERSIONS = { versionMin: WIRE_VERSION_MIN, versionMax: WIRE_VERSION_MAX } as const;

/**
 * The epoch of the link between two incarnations: both compute the same, on each lane, and it changes when either process
 * starts anew. Batches and acknowledgements of another epoch are refused.
 */
export function linkEpochOf(
  one: Pick<Hello, 'nodeId' | 'incarnation'>,
  other: Pick<Hello, 'nodeId' | 'incarnation'>,
): number {
  const parts = [one, other].map(({ nodeId, incarnation }) => {
    const part = Buffer.alloc(NODE_ID_BYTES + 4);
    part.set(nodeId);
    part.writeUInt32LE(incarnation, NODE_ID_BYTES);
    return part;
  });
  const hash = createHash('sha256').update('peermesh link epoch');
  for (const part of parts.sort(Buffer.compare)) hash.update(part);
  return hash.digest().readUInt32LE(0);
}
