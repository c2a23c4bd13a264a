import { FRAME_HEADER_BYTES, type FrameCursor, FrameFlag, SEGMENTS_MAX, TRACE_BYTES } from '@peermesh/link';

const SEGMENTS_HEADER_BYTES = 4;

/** A copy of the frame under the cursor with another source route, marked as repaired. Null when the route is too long. */
export function rewriteRoute(cursor: FrameCursor, segments: readonly number[]): Uint8Array | null {
  if (segments.length === 0 || segments.length > SEGMENTS_MAX) return null;
  const { bytes, at, frameEnd, payloadAt, traceAt } = cursor;
  const route = SEGMENTS_HEADER_BYTES + 4 * segments.length;
  const trace = traceAt === 0 ? 0 : TRACE_BYTES;
  const length = FRAME_HEADER_BYTES + route + trace + (frameEnd - payloadAt);
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(at, at + FRAME_HEADER_BYTES));
  const view = new DataView(copy.buffer);
  view.setUint32(0, length, true);
  copy[5] = cursor.flags | FrameFlag.segments | FrameFlag.repaired;
  copy[FRAME_HEADER_BYTES] = segments.length;
  let next = FRAME_HEADER_BYTES + SEGMENTS_HEADER_BYTES;
  for (const segment of segments) {
    view.setUint32(next, segment, true);
    next += 4;
  }
  if (traceAt !== 0) copy.set(bytes.subarray(traceAt, traceAt + TRACE_BYTES), next);
  copy.set(bytes.subarray(payloadAt, frameEnd), next + trace);
  return copy;
}
