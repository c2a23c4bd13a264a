import { newId } from '@peermesh/contracts';
import type { Endpoint } from '@peermesh/contracts/publisher';
import type { Static } from 'typebox';
import { Conditions, isoOf, type SqlTransaction, storableText } from './sql.ts';

/** An endpoint as it is stored. */
export interface EndpointRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly user_id: string;
  readonly channel: 'webhook' | 'realtime' | 'email' | 'callback';
  readonly name: string;
  readonly url: string | null;
  readonly email: string | null;
  readonly secret_sealed: string | null;
  readonly previous_secret_sealed: string | null;
  readonly previous_secret_until: Date | null;
  readonly state: 'active' | 'unverified' | 'disabled';
  readonly disabled_reason: string | null;
  readonly is_ordered: boolean;
  readonly rate_per_second: number;
  readonly failing_since: Date | null;
  readonly warned_percent: number;
  readonly last_success_at: Date | null;
  readonly verification_sent_at: Date | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** What a new endpoint is made of. */
export interface NewEndpoint {
  readonly tenantId: string;
  readonly userId: string;
  readonly channel: EndpointRow['channel'];
  readonly name: string;
  readonly url: string | null;
  readonly email: string | null;
  readonly state: EndpointRow['state'];
  readonly isOrdered: boolean;
  readonly ratePerSecond: number;
  /** Seals the secret for the id that the endpoint gets. */
  readonly seal: ((id: string) => string) | null;
}

/** The endpoint as the API shows it. */
export function endpointOf(row: EndpointRow): Static<typeof Endpoint> {
  return {
    id: row.id,
    userId: row.user_id,
    channel: row.channel === 'callback' ? 'webhook' : row.channel,
    name: row.name,
    url: row.url,
    email: row.email,
    state: row.state,
    disabledReason: row.disabled_reason,
    isOrdered: row.is_ordered,
    ratePerSecond: row.rate_per_second,
    failingSince: isoOf(row.failing_since),
    lastSuccessAt: isoOf(row.last_success_at),
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

export async function insertEndpoint(tx: SqlTransaction, endpoint: NewEndpoint): Promise<EndpointRow> {
  const id = newId('endpoint');
  const { rows } = await tx.client.query<EndpointRow>(
    `INSERT INTO publisher_endpoints (id, tenant_id, user_id, channel, name, url, email, secret_sealed, state, is_ordered, rate_per_second)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING *`,
    [
      id,
      endpoint.tenantId,
      endpoint.userId,
      endpoint.channel,
      storableText(endpoint.name),
      endpoint.url,
      endpoint.email,
      endpoint.seal === null ? null : endpoint.seal(id),
      endpoint.state,
      endpoint.isOrdered,
      endpoint.ratePerSecond,
    ],
  );
  await tx.client.query('INSERT INTO publisher_endpoint_gates (endpoint_id, tenant_id, tokens) VALUES ($1, $2, $3)', [
    id,
    endpoint.tenantId,
    endpoint.ratePerSecond,
  ]);
  return rows[0] as EndpointRow;
}

/** Whose endpoints a query is about; an administrator passes undefined for everyone's. */
export interface EndpointFilter {
  readonly userId?: string | undefined;
  readonly channel?: string | undefined;
}

export async function findEndpoint(
  tx: SqlTransaction,
  id: string,
  filter: EndpointFilter & { readonly lock?: boolean } = {},
): Promise<EndpointRow | null> {
  const where = new Conditions().add('id = ?', id).add('user_id = ?', filter.userId);
  const { rows } = await tx.client.query<EndpointRow>(
    `SELECT * FROM publisher_endpoints WHERE channel <> 'callback' AND ${where.sql}${filter.lock === true ? ' FOR UPDATE' : ''}`,
    where.values,
  );
  return rows[0] ?? null;
}

export async function listEndpoints(
  tx: SqlTransaction,
  filter: EndpointFilter,
  window: { readonly limit: number; readonly offset: number },
): Promise<{ items: EndpointRow[]; total: number }> {
  const where = new Conditions().add('user_id = ?', filter.userId).add('channel = ?', filter.channel);
  const from = `FROM publisher_endpoints WHERE channel <> 'callback' AND ${where.sql}`;
  const { rows } = await tx.client.query<EndpointRow>(
    `SELECT * ${from} ORDER BY id DESC LIMIT ${window.limit} OFFSET ${window.offset}`,
    where.values,
  );
  const count = await tx.client.query<{ total: number }>(`SELECT count(*)::int AS total ${from}`, where.values);
  return { items: rows, total: count.rows[0]?.total ?? 0 };
}

/** Columns that change together; the version counts what its owner changed. */
export async function updateEndpoint(
  tx: SqlTransaction,
  id: string,
  changes: Partial<Omit<EndpointRow, 'id' | 'tenant_id' | 'version' | 'created_at' | 'updated_at'>>,
): Promise<EndpointRow> {
  const entries = Object.entries(changes);
  const set = entries.map(([column], index) => `${column} = $${index + 2}, `).join('');
  const { rows } = await tx.client.query<EndpointRow>(
    `UPDATE publisher_endpoints SET ${set} version = version + 1, updated_at = clock_timestamp() WHERE id = $1 RETURNING *`,
    [id, ...entries.map(([, value]) => value)],
  );
  return rows[0] as EndpointRow;
}

/** Lets the next attempt through at once, whatever happened before. */
export async function resetGate(tx: SqlTransaction, endpointId: string): Promise<void> {
  await tx.client.query(
    `UPDATE publisher_endpoint_gates SET failures = 0, open_until = '-infinity' WHERE endpoint_id = $1`,
    [endpointId],
  );
}

export async function deleteEndpoint(tx: SqlTransaction, id: string): Promise<void> {
  await tx.client.query('DELETE FROM publisher_endpoints WHERE id = $1', [id]);
  await tx.client.query(
    `UPDATE publisher_subscriptions
        SET endpoint_ids = array_remove(endpoint_ids, $1), version = version + 1, changed_xid = pg_current_xact_id(),
            updated_at = clock_timestamp(),
            state = CASE WHEN cardinality(array_remove(endpoint_ids, $1)) = 0 AND state = 'active' THEN 'paused' ELSE state END
      WHERE endpoint_ids @> ARRAY[$1] AND state <> 'deleted'`,
    [id],
  );
}
