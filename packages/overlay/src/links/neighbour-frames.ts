import { createFrame, type FrameCursor, FrameFlag, SendResult, TrafficClass } from '@peermesh/link';
import type { PeerLink } from './peer-link.ts';

const frame = createFrame({ ttl: 1, trafficClass: TrafficClass.control });
const EMPTY = new Uint8Array(0);

/** Sends a message of class control to the node at the other end of a link, in fragments if need be. False without room. */
export function sendToNeighbour(
  link: PeerLink,
  message: { readonly type: number; readonly src: number; readonly bytes: Uint8Array; readonly isReliable: boolean },
  nowMs: number,
): boolean {
  frame.type = message.type;
  frame.src = message.src;
  frame.payload = message.bytes;
  frame.flags = 0;
  const flow = link.flow(TrafficClass.control, message.isReliable, 0);
  const result = link.link.trySend(flow, frame, nowMs);
  frame.payload = EMPTY;
  if (result !== SendResult.accepted) return false;
  link.isTouched = true;
  return true;
}

/** The message that the frame under the cursor is or completes; null while fragments are missing. */
export function messageOf(link: PeerLink, cursor: FrameCursor, nowMs: number): Uint8Array | null {
  if ((cursor.flags & FrameFlag.fragment) === 0) return cursor.payload();
  return link.reassembler.add(cursor, nowMs);
}
