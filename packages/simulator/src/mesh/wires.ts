import type { Hello } from '@peermesh/link';
import { LANES_MAX } from '@peermesh/link';

/** What passes between two nodes on one connection: its life, and its bytes. */
export type Wire =
  | { readonly kind: 'dial' | 'accept'; readonly connection: number; readonly lane: number; readonly hello: Hello }
  | { readonly kind: 'close'; readonly connection: number; readonly lane: number }
  | { readonly kind: 'data'; readonly connection: number; readonly lane: number; readonly bytes: Uint8Array };

/** Each connection is a queue of its own in the network: a new one does not wait behind the bytes of the old. */
export const wireLane = (lane: number, connection: number): number => lane + LANES_MAX * connection;
export const laneOfWire = (wire: number): number => wire % LANES_MAX;

/** Bytes that a message takes besides its payload. */
export const FRAMING_BYTES = 8;
