import type { RealtimeConnection } from './connection.ts';
import type { Position } from './position.ts';

/** Reads events that have left memory. */
export interface StreamHistory {
  /**
   * Sends a connection what it wants between its own position and `until`, in stream order and no faster than it takes it.
   * `expired`: the stream no longer holds all of it, or it is more than may be replayed.
   */
  replay(
    connection: RealtimeConnection,
    until: Readonly<Position>,
    bufferBytesMax: number,
  ): Promise<'done' | 'expired'>;
  /** Whether the streams have come as far as this position; false means that they began anew. */
  isKnown(position: Readonly<Position>): Promise<boolean>;
}
