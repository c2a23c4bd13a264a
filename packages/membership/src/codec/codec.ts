import type { Claim } from '../claim.ts';
import { readClaim, writeClaim } from './claims.ts';
import { CREDENTIAL_BYTES_MAX, ID_LENGTH_MAX, MESH_ID_LENGTH_MAX, WIRE_VERSION } from './limits.ts';
import { DIGEST_BUCKETS, JOIN_REFUSALS, type Message, type MessageBody } from './messages.ts';
import { Reader } from './reader.ts';
import type { RefusalReason } from './refusal.ts';
import { Writer } from './writer.ts';

const TYPES = [
  'ping',
  'ack',
  'ping_request',
  'nack',
  'gossip',
  'sync_request',
  'sync_state',
  'join',
  'join_accepted',
  'join_refused',
] as const satisfies readonly MessageBody['type'][];

const CODES = Object.fromEntries(TYPES.map((type, index) => [type, index + 1])) as Record<MessageBody['type'], number>;
const NO_CLAIMS: readonly Claim[] = [];
const U32_MAX = 2 ** 32 - 1;

function writeDigests(writer: Writer, digests: Uint32Array): void {
  for (let index = 0; index < DIGEST_BUCKETS; index += 1) writer.u32(digests[index] ?? 0);
}

function readDigests(reader: Reader): Uint32Array {
  const digests = new Uint32Array(DIGEST_BUCKETS);
  for (let index = 0; index < DIGEST_BUCKETS; index += 1) digests[index] = reader.u32();
  return digests;
}

/** Appends version, type and body; claims follow until the end of the message. */
export function writeBody(writer: Writer, body: MessageBody): void {
  writer.u8(WIRE_VERSION);
  writer.u8(CODES[body.type]);
  switch (body.type) {
    case 'ping':
    case 'ping_request':
      writer.varint(body.sequence);
      writer.ascii(body.target);
      return;
    case 'ack':
    case 'nack':
      writer.varint(body.sequence);
      return;
    case 'gossip':
      return;
    case 'sync_request':
      writeDigests(writer, body.digests);
      return;
    case 'sync_state':
      writer.u8(body.isReply ? 1 : 0);
      writeDigests(writer, body.digests);
      return;
    case 'join':
      writer.ascii(body.meshId);
      writer.u16(body.credential.length);
      writer.bytes(body.credential);
      return;
    case 'join_accepted':
      writer.ascii(body.meshId);
      return;
    case 'join_refused':
      writer.u8(JOIN_REFUSALS.indexOf(body.reason) + 1);
  }
}

function readFlag(reader: Reader): boolean {
  const value = reader.u8();
  if (value > 1) reader.refuse('bad_number');
  return value === 1;
}

function readBody(reader: Reader): MessageBody | undefined {
  if (reader.u8() !== WIRE_VERSION) {
    reader.refuse('bad_version');
    return undefined;
  }
  const type = TYPES[reader.u8() - 1];
  switch (type) {
    case 'ping':
    case 'ping_request':
      return { type, sequence: reader.varint(U32_MAX), target: reader.ascii(ID_LENGTH_MAX, false) };
    case 'ack':
    case 'nack':
      return { type, sequence: reader.varint(U32_MAX) };
    case 'gossip':
      return { type };
    case 'sync_request':
      return { type, digests: readDigests(reader) };
    case 'sync_state':
      return { type, isReply: readFlag(reader), digests: readDigests(reader) };
    case 'join':
      return { type, meshId: reader.ascii(MESH_ID_LENGTH_MAX, false), credential: reader.bytes(CREDENTIAL_BYTES_MAX) };
    case 'join_accepted':
      return { type, meshId: reader.ascii(MESH_ID_LENGTH_MAX, false) };
    case 'join_refused': {
      const reason = JOIN_REFUSALS[reader.u8() - 1];
      if (reason === undefined) break;
      return { type, reason };
    }
    case undefined:
      break;
  }
  reader.refuse('bad_type');
  return undefined;
}

/** Encodes and decodes messages with one reused buffer; one per owner, not shared while in use. */
export class Codec {
  readonly #writer = new Writer();
  readonly #claimWriter = new Writer();
  readonly #reader = new Reader();

  /** A message under construction: start it, add claims, take it. */
  begin(body: MessageBody): Writer {
    this.#writer.reset();
    writeBody(this.#writer, body);
    return this.#writer;
  }

  encodeClaim(claim: Claim): Buffer {
    this.#claimWriter.reset();
    writeClaim(this.#claimWriter, claim);
    return this.#claimWriter.copy();
  }

  encode(message: Message): Buffer {
    const writer = this.begin(message);
    for (const claim of message.claims) writeClaim(writer, claim);
    return writer.copy();
  }

  /** The message, or why it is not one. Never throws, whatever the bytes are. */
  decode(bytes: Uint8Array): Message | RefusalReason {
    const reader = this.#reader;
    reader.open(bytes);
    const body = readBody(reader);
    if (body === undefined || reader.flaw !== undefined) return reader.flaw ?? 'bad_type';
    let claims = NO_CLAIMS;
    if (reader.remaining > 0) {
      const read: Claim[] = [];
      while (reader.remaining > 0) read.push(readClaim(reader));
      claims = read;
    }
    if (reader.flaw !== undefined) return reader.flaw;
    const message = body as MessageBody & { claims: readonly Claim[] };
    message.claims = claims;
    return message;
  }
}
