import type { FrameCursor } from './frame-cursor.ts';

/**
 * Makes the frame under the cursor ready for its next hop, in place: one hop less to live and, when its source route named
 * this node, the next segment. False when the frame has no hop left and must be dropped by the reason `bad_ttl`.
 */
export function advanceHop(cursor: FrameCursor, self: number): boolean {
  const { bytes, at, segmentsAt } = cursor;
  const ttl = bytes[at + 6]!;
  if (ttl <= 1) return false;
  bytes[at + 6] = ttl - 1;
  if (segmentsAt !== 0 && bytes[segmentsAt + 1]! < bytes[segmentsAt]! && cursor.nextSegment === self) {
    bytes[segmentsAt + 1] = bytes[segmentsAt + 1]! + 1;
  }
  return true;
}
