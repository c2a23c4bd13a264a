import type { ControlReplicaStart } from './control-replica.ts';
import type { PlaneConfig } from './plane-config.ts';

export interface ControlPlaneStart extends Omit<ControlReplicaStart, 'raft' | 'quiesceTicks' | 'snapshotBytes'> {
  readonly config: PlaneConfig;
}

/** Who asks for a command, and whether a rule is to be set aside. */
export interface RequestOptions {
  /** Empty when the node acts for itself. */
  readonly operator?: string;
  /** Why; see `MeshHealth`. */
  readonly override?: string;
  readonly timeoutMs: number;
}
