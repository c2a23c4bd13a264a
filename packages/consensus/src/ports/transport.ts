import type { ReplicaId } from '../entry.ts';

/** Which lane of a link a frame wants: votes and heartbeats before entries, entries before snapshots. */
export const FrameClass = { control: 0, priority: 1, bulk: 2 } as const;
export type FrameClass = (typeof FrameClass)[keyof typeof FrameClass];

/**
 * Carries frames between the hosts of replicas (HashiCorp Raft's Transport, one way and without answers). Frames may be lost,
 * doubled, late and out of order; they are never changed. Bytes belong to the transport from the call on.
 */
export interface Transport {
  /** Never throws and never waits: what cannot be sent is dropped. */
  send(to: ReplicaId, frameClass: FrameClass, frame: Uint8Array): void;
}
