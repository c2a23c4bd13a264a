import { newId } from '@peermesh/contracts';
import type { CreateRoutePolicy, RouteConstraints, RoutePolicy, UpdateRoutePolicy } from '@peermesh/contracts/router';
import type { SqlTransaction } from './link-state-store.ts';

interface Row {
  readonly id: string;
  readonly mesh_id: string;
  readonly name: string;
  readonly source: string | null;
  readonly destination: string | null;
  readonly constraints: RouteConstraints;
  readonly is_enabled: boolean;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

function policyOf(row: Row): RoutePolicy {
  return {
    id: row.id,
    meshId: row.mesh_id,
    name: row.name,
    source: row.source === null ? null : Number(row.source),
    destination: row.destination === null ? null : Number(row.destination),
    constraints: row.constraints,
    isEnabled: row.is_enabled,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** Stores a new policy. */
export async function insertPolicy(tx: SqlTransaction, policy: CreateRoutePolicy): Promise<RoutePolicy> {
  const { rows } = await tx.client.query<Row>(
    `INSERT INTO router_policies (id, mesh_id, name, source, destination, constraints, is_enabled)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *`,
    [
      newId('routePolicy'),
      policy.meshId,
      policy.name.replaceAll('\0', ''),
      policy.source ?? null,
      policy.destination ?? null,
      JSON.stringify(policy.constraints),
      policy.isEnabled ?? true,
    ],
  );
  return policyOf(rows[0] as Row);
}

/** One policy, or null; `lock` keeps others from changing it meanwhile. */
export async function findPolicy(
  tx: SqlTransaction,
  id: string,
  options: { readonly lock?: boolean } = {},
): Promise<RoutePolicy | null> {
  const { rows } = await tx.client.query<Row>(
    `SELECT * FROM router_policies WHERE id = $1${options.lock === true ? ' FOR UPDATE' : ''}`,
    [id],
  );
  return rows[0] === undefined ? null : policyOf(rows[0]);
}

/** Policies, newest first. */
export async function listPolicies(
  tx: SqlTransaction,
  meshId: string | undefined,
  window: { readonly limit: number; readonly offset: number },
): Promise<{ items: RoutePolicy[]; total: number }> {
  const { rows } = await tx.client.query<Row>(
    `SELECT * FROM router_policies WHERE $1::text IS NULL OR mesh_id = $1 ORDER BY id DESC LIMIT ${window.limit} OFFSET ${window.offset}`,
    [meshId ?? null],
  );
  const count = await tx.client.query<{ total: number }>(
    'SELECT count(*)::int AS total FROM router_policies WHERE $1::text IS NULL OR mesh_id = $1',
    [meshId ?? null],
  );
  return { items: rows.map(policyOf), total: count.rows[0]?.total ?? 0 };
}

/** The policies of a mesh that are in force. */
export async function readPolicies(tx: SqlTransaction, meshId: string): Promise<RoutePolicy[]> {
  const { rows } = await tx.client.query<Row>(
    'SELECT * FROM router_policies WHERE mesh_id = $1 AND is_enabled ORDER BY id',
    [meshId],
  );
  return rows.map(policyOf);
}

/** Changes a policy that the caller has locked. */
export async function changePolicy(
  tx: SqlTransaction,
  current: RoutePolicy,
  change: UpdateRoutePolicy,
): Promise<RoutePolicy> {
  const { name, source, destination, constraints, isEnabled } = { ...current, ...change };
  const { rows } = await tx.client.query<Row>(
    `UPDATE router_policies SET name = $2, source = $3, destination = $4, constraints = $5, is_enabled = $6,
            version = version + 1, updated_at = clock_timestamp() WHERE id = $1 RETURNING *`,
    [current.id, name.replaceAll('\0', ''), source, destination, JSON.stringify(constraints), isEnabled],
  );
  return policyOf(rows[0] as Row);
}

/** Deletes a policy; the mesh that it was of, null when there was none. */
export async function deletePolicy(tx: SqlTransaction, id: string): Promise<string | null> {
  const { rows } = await tx.client.query<Pick<Row, 'mesh_id'>>(
    'DELETE FROM router_policies WHERE id = $1 RETURNING mesh_id',
    [id],
  );
  return rows[0]?.mesh_id ?? null;
}
