import { createHash } from 'node:crypto';
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';
import { FEATURES_KNOWN } from './format.ts';
import { commonVersion, decodeHello, encodeHello, type HandshakeRefusal, type Hello, linkEpochOf } from './hello.ts';

const CONFIRM_MAGIC = 0x43484d50;
const CONFIRM_HEADER_BYTES = 12;
const TRANSCRIPT_BYTES = 32;
const PROOF_BYTES_MAX = 512;

/** What both sides know at the end of a handshake. */
export interface Established {
  readonly remote: Hello;
  readonly version: number;
  /** Abilities that both have. */
  readonly features: number;
  readonly linkEpoch: number;
  /** SHA-256 over both HELLOs as they were on the wire, the channel binding and the choice. */
  readonly transcript: Uint8Array;
}

/** What to do after a message of the handshake. */
export type HandshakeStep =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  | { readonly kind: 'established'; readonly link: Established }
  | { readonly kind: 'refused'; readonly reason: HandshakeRefusal };

/** How a node proves that it saw the same HELLOs: a signature of its key over the transcript, bound to its role. */
export interface TranscriptProof {
  sign(statement: Uint8Array): Uint8Array;
  verify(nodeId: Uint8Array, statement: Uint8Array, proof: Uint8Array): boolean;
}

/**
 * HELLO and CONFIRM on one new connection. Each side sends `hello`, answers the other's with a CONFIRM that carries the
 * hash of all that was said, and is done when the other's CONFIRM holds the same hash under a good proof. Whoever changes
 * a version, a feature bit or a node id on the way changes the hash, so a downgrade shows (compare TLS 1.3, RFC 8446 4.4).
 */
export class Handshake {
  readonly hello: Uint8Array;
  readonly #local: Hello;
  readonly #proof: TranscriptProof;
  readonly #channelBinding: Uint8Array;
  #link: Established | null = null;
  #ended = false;

  /** `channelBinding` is the TLS exporter value where there is one (RFC 9266), else empty. */
  constructor(local: Hello, proof: TranscriptProof, channelBinding: Uint8Array) {
    this.#local = local;
    this.#proof = proof;
    this.#channelBinding = channelBinding;
    this.hello = encodeHello(local);
  }

  /** Takes the next message of the other side. After `established` or `refused` there is no further step. */
  receive(bytes: Uint8Array): HandshakeStep {
    if (this.#ended) return { kind: 'refused', reason: 'unexpected' };
    const step = this.#link === null ? this.#onHello(bytes) : this.#onConfirm(bytes, this.#link);
    this.#ended = step.kind !== 'send';
    return step;
  }

  #onHello(bytes: Uint8Array): HandshakeStep {
    const local = this.#local;
    const remote = decodeHello(bytes);
    if (typeof remote === 'string') return { kind: 'refused', reason: remote };
    if (remote.role === local.role) return { kind: 'refused', reason: 'same_role' };
    if (Buffer.compare(remote.nodeId, local.nodeId) === 0) return { kind: 'refused', reason: 'same_node' };
    if (remote.lane !== local.lane) return { kind: 'refused', reason: 'lane_mismatch' };
    const version = commonVersion(local, remote);
    if (version === null) return { kind: 'refused', reason: 'no_common_version' };
    const features = local.features & remote.features & FEATURES_KNOWN;
    const transcript = this.#transcript(bytes, version, features);
    this.#link = { remote, version, features, transcript, linkEpoch: linkEpochOf(local, remote) };
    return { kind: 'send', bytes: this.#confirm(this.#link) };
  }

  #onConfirm(bytes: Uint8Array, link: Established): HandshakeStep {
    const proofAt = CONFIRM_HEADER_BYTES + TRANSCRIPT_BYTES;
    if (bytes.length < proofAt) return { kind: 'refused', reason: 'truncated' };
    if (bytes.length > proofAt + PROOF_BYTES_MAX) return { kind: 'refused', reason: 'oversize' };
    if (readU32(bytes, 0) !== CONFIRM_MAGIC) return { kind: 'refused', reason: 'bad_magic' };
    if (readU16(bytes, 4) !== bytes.length) return { kind: 'refused', reason: 'truncated' };
    const transcript = bytes.subarray(CONFIRM_HEADER_BYTES, proofAt);
    const isSame = bytes[6] === link.version && readU32(bytes, 8) === link.features;
    if (!isSame || Buffer.compare(transcript, link.transcript) !== 0) return { kind: 'refused', reason: 'downgrade' };
    const statement = statementOf(link.remote.role, link.transcript);
    if (!this.#proof.verify(link.remote.nodeId, statement, bytes.subarray(proofAt)))
      return { kind: 'refused', reason: 'bad_proof' };
    return { kind: 'established', link };
  }

  #confirm(link: Established): Uint8Array {
    const proof = this.#proof.sign(statementOf(this.#local.role, link.transcript));
    const bytes = new Uint8Array(CONFIRM_HEADER_BYTES + TRANSCRIPT_BYTES + proof.length);
    writeU32(bytes, 0, CONFIRM_MAGIC);
    writeU16(bytes, 4, bytes.length);
    bytes[6] = link.version;
    writeU32(bytes, 8, link.features);
    bytes.set(link.transcript, CONFIRM_HEADER_BYTES);
    bytes.set(proof, CONFIRM_HEADER_BYTES + TRANSCRIPT_BYTES);
    return bytes;
  }

  #transcript(remoteHello: Uint8Array, version: number, features: number): Uint8Array {
    const isInitiator = this.#local.role === 'initiator';
    const said = isInitiator ? [this.hello, remoteHello] : [remoteHello, this.hello];
    const hash = createHash('sha256').update('peermesh link transcript');
    for (const part of [...said, this.#channelBinding]) {
      const length = new Uint8Array(4);
      writeU32(length, 0, part.length);
      hash.update(length).update(part);
    }
    const choice = new Uint8Array(5);
    choice[0] = version;
    writeU32(choice, 1, features);
    return new Uint8Array(hash.update(choice).digest());
  }
}

function statementOf(role: Hello['role'], transcript: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`peermesh link confirm ${role}\0`), transcript]);
}
