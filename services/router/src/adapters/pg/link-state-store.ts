import type { Transaction } from '@peermesh/database';
import type { LinkStateData, StoredLinkState } from '../../domain/link-state.ts';

/** A transaction that is used for plain SQL only. */
export type SqlTransaction = Pick<Transaction<never>, 'client'>;

interface Row {
  readonly mesh_id: string;
  readonly origin: string;
  readonly revision: string;
  readonly is_withdrawn: boolean;
  readonly state: LinkStateData;
  readonly changed_at: Date;
}

function stored(row: Row): StoredLinkState {
  return {
    meshId: row.mesh_id,
    origin: Number(row.origin),
    revision: Number(row.revision),
    isWithdrawn: row.is_withdrawn,
    state: row.state,
    changedAt: row.changed_at,
  };
}

/**
 * Keeps a link state when it is newer than what is there, and adds it to the history. Changes of a mesh come one after the
 * other: whoever has seen a revision has seen all before it.
 * @returns whether it was newer
 */
export async function storeLinkState(tx: SqlTransaction, state: LinkStateData, at: Date): Promise<boolean> {
  const { meshId, origin, version, withdrawn } = state;
  await tx.client.query(
    'INSERT INTO router_meshes (mesh_id, revision, changed_at) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING',
    [meshId, at],
  );
  const { rows } = await tx.client.query<{ revision: string }>(
    'SELECT revision FROM router_meshes WHERE mesh_id = $1 FOR UPDATE',
    [meshId],
  );
  const revision = Number(rows[0]?.revision) + 1;
  const { rowCount } = await tx.client.query(
    `INSERT INTO router_link_states AS known (mesh_id, origin, epoch, sequence, revision, is_withdrawn, state, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (mesh_id, origin) DO UPDATE SET epoch = $3, sequence = $4, revision = $5, is_withdrawn = $6, state = $7, changed_at = $8
      WHERE (known.epoch, known.sequence) < ($3, $4)
         OR ((known.epoch, known.sequence) = ($3, $4) AND $6 AND NOT known.is_withdrawn)`,
    [meshId, origin, version.epoch, version.sequence, revision, withdrawn, JSON.stringify(state), at],
  );
  if (rowCount === 0) return false;
  await tx.client.query('UPDATE router_meshes SET revision = $2, changed_at = $3 WHERE mesh_id = $1', [
    meshId,
    revision,
    at,
  ]);
  await tx.client.query(
    `INSERT INTO router_link_state_history (mesh_id, origin, revision, is_withdrawn, state, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [meshId, origin, revision, withdrawn, JSON.stringify(state), at],
  );
  return true;
}

/** A mesh and how far its link states have come. */
export interface MeshRow {
  readonly meshId: string;
  readonly revision: number;
  readonly announcedRevision: number;
  readonly nodes: number;
  readonly changedAt: Date;
}

/** Meshes by name. */
export async function listMeshes(
  tx: SqlTransaction,
  window: { readonly limit: number; readonly offset: number },
): Promise<{ items: MeshRow[]; total: number }> {
  const { rows } = await tx.client.query<{
    mesh_id: string;
    revision: string;
    announced_revision: string;
    nodes: number;
    changed_at: Date;
  }>(
    `SELECT mesh.*, (SELECT count(*)::int FROM router_link_states state
                      WHERE state.mesh_id = mesh.mesh_id AND NOT state.is_withdrawn) AS nodes
       FROM router_meshes mesh ORDER BY mesh.mesh_id LIMIT ${window.limit} OFFSET ${window.offset}`,
  );
  const count = await tx.client.query<{ total: number }>('SELECT count(*)::int AS total FROM router_meshes');
  return {
    total: count.rows[0]?.total ?? 0,
    items: rows.map((row) => ({
      meshId: row.mesh_id,
      revision: Number(row.revision),
      announcedRevision: Number(row.announced_revision),
      nodes: row.nodes,
      changedAt: row.changed_at,
    })),
  };
}

/** How far each mesh has come. */
export async function readRevisions(tx: SqlTransaction): Promise<Map<string, number>> {
  const { rows } = await tx.client.query<{ mesh_id: string; revision: string }>(
    'SELECT mesh_id, revision FROM router_meshes',
  );
  return new Map(rows.map((row) => [row.mesh_id, Number(row.revision)]));
}

/** What changed in a mesh after a revision. */
export async function readChangedSince(
  tx: SqlTransaction,
  meshId: string,
  revision: number,
): Promise<StoredLinkState[]> {
  const { rows } = await tx.client.query<Row>(
    'SELECT * FROM router_link_states WHERE mesh_id = $1 AND revision > $2 ORDER BY revision',
    [meshId, revision],
  );
  return rows.map(stored);
}

/** What is known of a mesh now. */
export function readCurrent(tx: SqlTransaction, meshId: string): Promise<StoredLinkState[]> {
  return readChangedSince(tx, meshId, 0);
}

/** What was known of a mesh at a time, from rows not older than `since`. */
export async function readAt(tx: SqlTransaction, meshId: string, since: Date, at: Date): Promise<StoredLinkState[]> {
  const { rows } = await tx.client.query<Row>(
    `SELECT DISTINCT ON (origin) * FROM router_link_state_history
      WHERE mesh_id = $1 AND changed_at > $2 AND changed_at <= $3 ORDER BY origin, changed_at DESC, revision DESC`,
    [meshId, since, at],
  );
  return rows.map(stored);
}

/** When the history of a mesh begins; null when there is none. */
export async function historyBegin(tx: SqlTransaction, meshId: string): Promise<Date | null> {
  const { rows } = await tx.client.query<{ begin: Date | null }>(
    'SELECT min(changed_at) AS begin FROM router_link_state_history WHERE mesh_id = $1',
    [meshId],
  );
  return rows[0]?.begin ?? null;
}

/** Writes states that have not changed since `before` into the history again, so that looking back stays short. */
export async function repeatUnchanged(tx: SqlTransaction, before: Date, at: Date): Promise<number> {
  const { rowCount } = await tx.client.query(
    `INSERT INTO router_link_state_history (mesh_id, origin, revision, is_withdrawn, state, changed_at)
     SELECT mesh_id, origin, revision, is_withdrawn, state, $2 FROM router_link_states known
      WHERE NOT EXISTS (SELECT 1 FROM router_link_state_history history
                         WHERE history.mesh_id = known.mesh_id AND history.origin = known.origin
                           AND history.changed_at > $1)
     ON CONFLICT DO NOTHING`,
    [before, at],
  );
  return rowCount ?? 0;
}

/**
 * Claims the announcement of a revision, inside the transaction of the announcement.
 * @returns whether nobody announced this one or a later one
 */
export async function claimAnnouncement(tx: SqlTransaction, meshId: string, revision: number): Promise<boolean> {
  const { rowCount } = await tx.client.query(
    'UPDATE router_meshes SET announced_revision = $2 WHERE mesh_id = $1 AND announced_revision < $2',
    [meshId, revision],
  );
  return rowCount === 1;
}
