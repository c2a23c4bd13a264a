import { crc32 } from 'node:zlib';

const HEADER_BYTES = 16;

/** Why a record could not be read. A torn tail is the end of the log; anything else is damage and must not be used. */
export type RecordFlaw = 'torn-tail' | 'corrupt';

/** `[u32 length][u32 sequence][u32 header checksum][u32 payload checksum][payload]`, little endian. */
export function encodeRecord(sequence: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint32(4, sequence, true);
  view.setUint32(8, crc32(bytes.subarray(0, 8)), true);
  view.setUint32(12, crc32(payload), true);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/**
 * Reads records until the end. As etcd's WAL does, a record that stops early or is followed by zeros only is a torn tail;
 * a checksum that does not match, or a gap in the sequence, is damage.
 */
export function decodeRecords(file: Uint8Array): {
  payloads: Uint8Array[];
  validBytes: number;
  flaw: RecordFlaw | null;
} {
  const payloads: Uint8Array[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let offset = 0;
  let sequence = -1;
  while (offset < file.length) {
    const remaining = file.length - offset;
    const flaw = (isTorn: boolean) =>
      ({ payloads, validBytes: offset, flaw: isTorn ? 'torn-tail' : 'corrupt' }) as const;
    if (remaining < HEADER_BYTES) return flaw(true);
    if (view.getUint32(offset + 8, true) !== crc32(file.subarray(offset, offset + 8))) {
      return flaw(isZero(file.subarray(offset)));
    }
    const length = view.getUint32(offset, true);
    if (remaining < HEADER_BYTES + length) return flaw(true);
    const payload = file.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + length);
    if (view.getUint32(offset + 12, true) !== crc32(payload)) return flaw(false);
    const found = view.getUint32(offset + 4, true);
    if (sequence !== -1 && found !== sequence + 1) return flaw(false);
    sequence = found;
    payloads.push(payload);
    offset += HEADER_BYTES + length;
  }
  return { payloads, validBytes: offset, flaw: null };
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
