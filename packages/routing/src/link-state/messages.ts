import type { Version } from './advertisement.ts';
import type { DecodeFault } from './advertisement-codec.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { DIGEST_BUCKETS } from './digest.ts';

const WIRE_VERSION = 1;

const Kind = { update: 1, ack: 2, digest: 3, summary: 4, request: 5 } as const;

/** What an entry is called between neighbours. */
export interface VersionedOrigin {
  readonly origin: number;
  readonly version: Version;
}

/**
 * What neighbours say to each other. `update` carries signed advertisements and is repeated until an `ack` names each
 * of them; `digest` compares databases and is answered by a `summary` of the buckets that differ (none when in sync);
 * `request` asks for advertisements that a summary showed to be newer.
 */
export type RoutingMessage =
  | { readonly kind: 'update'; readonly advertisements: readonly Uint8Array[] }
  | { readonly kind: 'ack'; readonly entries: readonly VersionedOrigin[] }
  | { readonly kind: 'digest'; readonly sums: Uint32Array }
  | { readonly kind: 'summary'; readonly buckets: readonly number[]; readonly entries: readonly VersionedOrigin[] }
  | { readonly kind: 'request'; readonly origins: readonly number[] };

/** Counts are u16 on the wire. */
export const MESSAGE_ENTRIES_MAX = 0xffff;

const writer = new ByteWriter();

export function encodeMessage(message: RoutingMessage): Uint8Array {
  writer.reset();
  writer.u8(WIRE_VERSION);
  writer.u8(Kind[message.kind]);
  switch (message.kind) {
    case 'update':
      writer.u16(message.advertisements.length);
      for (const bytes of message.advertisements) {
        writer.u32(bytes.length);
        writer.bytes(bytes);
      }
      break;
    case 'ack':
      writeEntries(message.entries);
      break;
    case 'digest':
      for (const sum of message.sums) writer.u32(sum);
      break;
    case 'summary':
      writer.u8(message.buckets.length);
      for (const bucket of message.buckets) writer.u8(bucket);
      writeEntries(message.entries);
      break;
    case 'request':
      writer.u16(message.origins.length);
      for (const origin of message.origins) writer.u32(origin);
      break;
  }
  return writer.take();
}

/** Never throws, whatever the bytes are. */
export function decodeMessage(bytes: Uint8Array): RoutingMessage | DecodeFault {
  const reader = new ByteReader(bytes);
  const wireVersion = reader.u8();
  const kind = reader.u8();
  if (reader.failed) return 'truncated';
  if (wireVersion !== WIRE_VERSION) return 'version';
  const message = readBody(reader, kind);
  if (message === undefined) return 'kind';
  if (reader.failed) return 'truncated';
  return reader.remaining > 0 ? 'trailing' : message;
}

function readBody(reader: ByteReader, kind: number): RoutingMessage | undefined {
  switch (kind) {
    case Kind.update:
      return { kind: 'update', advertisements: readMany(reader, () => reader.bytes(reader.u32())) };
    case Kind.ack:
      return { kind: 'ack', entries: readEntries(reader) };
    case Kind.digest:
      return { kind: 'digest', sums: Uint32Array.from({ length: 2 * DIGEST_BUCKETS }, () => reader.u32()) };
    case Kind.summary: {
      const buckets: number[] = [];
      for (let left = reader.u8(); left > 0 && !reader.failed; left -= 1) buckets.push(reader.u8());
      return { kind: 'summary', buckets, entries: readEntries(reader) };
    }
    case Kind.request:
      return { kind: 'request', origins: readMany(reader, () => reader.u32()) };
    default:
      return undefined;
  }
}

function writeEntries(entries: readonly VersionedOrigin[]): void {
  writer.u16(entries.length);
  for (const { origin, version } of entries) {
    writer.u32(origin);
    writer.u32(version.epoch);
    writer.u32(version.seq);
  }
}

function readEntries(reader: ByteReader): VersionedOrigin[] {
  return readMany(reader, () => ({ origin: reader.u32(), version: { epoch: reader.u32(), seq: reader.u32() } }));
}

/** Stops at the first item that is not there, so that a count cannot make it allocate more than the bytes hold. */
function readMany<T>(reader: ByteReader, read: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.u16(); left > 0 && !reader.failed; left -= 1) items.push(read());
  return items;
}
