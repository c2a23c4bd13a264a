import type { Database } from '@peermesh/database';

/**
 * The first part of a statement that sets its own tenant, which is its first value. What it reads of tables must be joined
 * with `viewer` by `viewer.tenant`, so that the tenant is set before a row is looked at.
 */
export const AS_TENANT = `WITH viewer AS MATERIALIZED (
    SELECT set_config('app.system', 'off', true) AS system, set_config('app.tenant_id', $1, true) AS tenant)`;

/** The first part of a statement that works for all tenants; what it writes must come from a join with `system`. */
export const AS_SYSTEM = `WITH system AS MATERIALIZED (
    SELECT set_config('app.system', 'on', true) AS mode, set_config('app.tenant_id', '', true) AS tenant)`;

/** A prepared statement that begins with {@link AS_TENANT}. */
export interface TenantRead {
  readonly name: string;
  readonly text: string;
}

/**
 * One read of a tenant's rows in a single round trip: the tenant is set and the statement runs in an implicit transaction,
 * so row-level security holds and nothing is left on the connection. For the short reads that every search does.
 */
export async function readInOneTrip<Row extends object>(
  db: Database<unknown>,
  { name, text }: TenantRead,
  tenantId: string,
  ...values: readonly unknown[]
): Promise<Row[]> {
  const { rows } = await db.pool.query<Row>({ name, text, values: [tenantId, ...values] });
  return rows;
}

/** Rows of a table by id, one look-up in the index for each; as `held`. Needs `viewer` and `wanted (id)` before it. */
export function ofViewer(table: string, columns: string): string {
  return `CROSS JOIN LATERAL (
      SELECT ${columns} FROM search.${table} held WHERE held.tenant_id = viewer.tenant AND held.id = wanted.id OFFSET 0) held`;
}
