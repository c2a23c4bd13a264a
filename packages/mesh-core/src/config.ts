import { DEFAULT_OVERLAY, type OverlayConfig } from '@peermesh/overlay';
import { DEFAULT_PLANE, type PlaneConfig } from '@peermesh/replication';

/** Settings of a mesh node's core. Times are ms. */
export interface MeshCoreConfig {
  readonly overlay: OverlayConfig;
  readonly plane: PlaneConfig;
  /** A join request without an answer goes to the next neighbour after this. */
  readonly joinRetryMs: number;
  /** A member that has heard of no leader for this long asks its neighbours whether it is still one. */
  readonly doubtMs: number;
  /** Admissions that this node has handed to the control group at once; more newcomers are asked to come again. */
  readonly admissionsMax: number;
}

export const DEFAULT_MESH_CORE: MeshCoreConfig = {
  overlay: DEFAULT_OVERLAY,
  plane: {
    ...DEFAULT_PLANE,
    // Requests and pieces that fit into one frame need no flow of their own.
    raft: { appendBytesMax: 24 * 1024, snapshotChunkBytes: 128 * 1024 },
  },
  joinRetryMs: 1_000,
  doubtMs: 10_000,
  admissionsMax: 64,
};
