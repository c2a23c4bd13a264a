import type { Database } from '@peermesh/database';
import { repeat, type Worker } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import { readChangedSince, readRevisions } from '../adapters/pg/link-state-store.ts';
import type { PathPool } from '../adapters/threads/path-pool.ts';
import { advertisementOf, LabelNumbers, type StoredLinkState } from '../domain/link-state.ts';
import type { Clock } from '../ports.ts';

/** One mesh as this replica has it in memory. */
export interface FollowedMesh {
  readonly meshId: string;
  readonly revision: number;
  readonly labels: LabelNumbers;
  readonly nodes: ReadonlyMap<number, StoredLinkState>;
}

/** Keeps memory and threads in step with the link states in the database, whichever replica stored them. */
export interface TopologyFollower {
  mesh(meshId: string): FollowedMesh | undefined;
  /** When the database was last seen to hold nothing newer; null before the first time. */
  readonly syncedAt: Date | null;
  /** Something was stored: look now. Resolves when it has been taken in. */
  follow(): Promise<void>;
  start(): Worker;
}

export interface FollowerOptions {
  readonly db: Database<unknown>;
  readonly pool: Pick<PathPool, 'update'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs: number;
  /** A mesh has a newer revision. */
  readonly onChange: (mesh: FollowedMesh) => void;
}

interface MutableMesh extends FollowedMesh {
  revision: number;
  readonly nodes: Map<number, StoredLinkState>;
}

/** Makes a follower. */
export function createTopologyFollower(options: FollowerOptions): TopologyFollower {
  const { db, pool, clock } = options;
  const meshes = new Map<string, MutableMesh>();
  let syncedAt: Date | null = null;
  let running: Promise<void> | null = null;
  let isAskedAgain = false;

  const takeIn = (meshId: string, rows: readonly StoredLinkState[]): void => {
    const mesh = meshes.get(meshId) ?? { meshId, revision: 0, labels: new LabelNumbers(), nodes: new Map() };
    meshes.set(meshId, mesh);
    const fresh = rows.filter(({ revision }) => revision > mesh.revision);
    for (const row of fresh) {
      if (row.isWithdrawn) mesh.nodes.delete(row.origin);
      else mesh.nodes.set(row.origin, row);
      mesh.revision = Math.max(mesh.revision, row.revision);
    }
    if (fresh.length === 0) return;
    pool.update({
      meshId,
      revision: mesh.revision,
      changed: fresh.filter((row) => !row.isWithdrawn).map(({ state }) => advertisementOf(state, mesh.labels)),
      gone: fresh.filter((row) => row.isWithdrawn).map(({ origin }) => origin),
    });
    options.onChange(mesh);
  };

  const look = async (): Promise<void> => {
    const at = clock();
    const changes = await db.system(
      async (tx) => {
        const found: [string, StoredLinkState[]][] = [];
        for (const [meshId, revision] of await readRevisions(tx)) {
          const known = meshes.get(meshId)?.revision ?? 0;
          if (revision > known) found.push([meshId, await readChangedSince(tx, meshId, known)]);
        }
        return found;
      },
      { readOnly: true },
    );
    for (const [meshId, rows] of changes) takeIn(meshId, rows);
    syncedAt = at;
  };

  const lookUntilQuiet = async (): Promise<void> => {
    try {
      do {
        isAskedAgain = false;
        await look();
      } while (isAskedAgain);
    } finally {
      running = null;
    }
  };

  const follow = (): Promise<void> => {
    isAskedAgain = true;
    running ??= lookUntilQuiet();
    return running;
  };

  return {
    mesh: (meshId) => meshes.get(meshId),
    get syncedAt() {
      return syncedAt;
    },
    follow,
    start: () => repeat({ everyMs: options.everyMs, logger: options.logger, name: 'topology' }, follow),
  };
}
