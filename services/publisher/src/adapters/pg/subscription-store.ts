import { newId } from '@peermesh/contracts';
import type { Subscription, SubscriptionFilter } from '@peermesh/contracts/publisher';
import type { Static } from 'typebox';
import type { IndexedSubscription } from '../../domain/subscription-index.ts';
import { Conditions, jsonFor, type SqlTransaction, storableText } from './sql.ts';

/** A subscription as it is stored, with the URL of its status callbacks. */
export interface SubscriptionRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly user_id: string;
  readonly user_roles: string[];
  readonly name: string;
  readonly filter: SubscriptionFilter;
  readonly endpoint_ids: string[];
  readonly callback_endpoint_id: string | null;
  readonly callback_url: string | null;
  readonly state: 'active' | 'paused' | 'deleted';
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const SELECT = `SELECT s.*, c.url AS callback_url FROM publisher_subscriptions s
  LEFT JOIN publisher_endpoints c ON c.id = s.callback_endpoint_id`;

/** The subscription as the API shows it. */
export function subscriptionOf(row: SubscriptionRow): Static<typeof Subscription> {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    filter: row.filter,
    endpointIds: row.endpoint_ids,
    state: row.state === 'deleted' ? 'paused' : row.state,
    statusCallbackUrl: row.callback_url,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

export async function insertSubscription(
  tx: SqlTransaction,
  subscription: {
    readonly tenantId: string;
    readonly userId: string;
    readonly userRoles: readonly string[];
    readonly name: string;
    readonly filter: SubscriptionFilter;
    readonly endpointIds: readonly string[];
    readonly callbackEndpointId: string | null;
    readonly state: 'active' | 'paused';
  },
): Promise<SubscriptionRow> {
  const id = newId('subscription');
  await tx.client.query(
    `INSERT INTO publisher_subscriptions (id, tenant_id, user_id, user_roles, name, filter, endpoint_ids, callback_endpoint_id, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      id,
      subscription.tenantId,
      subscription.userId,
      subscription.userRoles,
      storableText(subscription.name),
      jsonFor(subscription.filter),
      subscription.endpointIds,
      subscription.callbackEndpointId,
      subscription.state,
    ],
  );
  return (await findSubscription(tx, id)) as SubscriptionRow;
}

export async function findSubscription(
  tx: SqlTransaction,
  id: string,
  options: { readonly userId?: string | undefined; readonly lock?: boolean } = {},
): Promise<SubscriptionRow | null> {
  const where = new Conditions().add('s.id = ?', id).add('s.user_id = ?', options.userId);
  const { rows } = await tx.client.query<SubscriptionRow>(
    `${SELECT} WHERE s.state <> 'deleted' AND ${where.sql}${options.lock === true ? ' FOR UPDATE OF s' : ''}`,
    where.values,
  );
  return rows[0] ?? null;
}

export async function listSubscriptions(
  tx: SqlTransaction,
  filter: { readonly userId?: string | undefined; readonly state?: string | undefined },
  window: { readonly limit: number; readonly offset: number },
): Promise<{ items: SubscriptionRow[]; total: number }> {
  const where = new Conditions().add('s.user_id = ?', filter.userId).add('s.state = ?', filter.state);
  const condition = `s.state <> 'deleted' AND ${where.sql}`;
  const { rows } = await tx.client.query<SubscriptionRow>(
    `${SELECT} WHERE ${condition} ORDER BY s.id DESC LIMIT ${window.limit} OFFSET ${window.offset}`,
    where.values,
  );
  const count = await tx.client.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM publisher_subscriptions s WHERE ${condition}`,
    where.values,
  );
  return { items: rows, total: count.rows[0]?.total ?? 0 };
}

export async function updateSubscription(
  tx: SqlTransaction,
  id: string,
  changes: {
    readonly name?: string;
    readonly filter?: SubscriptionFilter;
    readonly endpointIds?: readonly string[];
    readonly state?: SubscriptionRow['state'];
    readonly userRoles?: readonly string[];
    readonly callbackEndpointId?: string | null;
  },
): Promise<SubscriptionRow | null> {
  const columns: readonly (readonly [string, unknown])[] = [
    ['name', changes.name === undefined ? undefined : storableText(changes.name)],
    ['filter', changes.filter === undefined ? undefined : jsonFor(changes.filter)],
    ['endpoint_ids', changes.endpointIds],
    ['state', changes.state],
    ['user_roles', changes.userRoles],
    ['callback_endpoint_id', changes.callbackEndpointId],
  ];
  const given = columns.filter(([, value]) => value !== undefined);
  await tx.client.query(
    `UPDATE publisher_subscriptions SET ${given.map(([column], index) => `${column} = $${index + 2}, `).join('')}
            version = version + 1, changed_xid = pg_current_xact_id(), updated_at = clock_timestamp()
      WHERE id = $1`,
    [id, ...given.map(([, value]) => value)],
  );
  return findSubscription(tx, id);
}

/** Subscriptions that changed since a horizon, and the horizon to ask from next time. */
export async function readChangedSubscriptions(
  tx: SqlTransaction,
  horizon: string,
): Promise<{ changed: (IndexedSubscription & { readonly changedXid: bigint })[]; horizon: string }> {
  const snapshot = await tx.client.query<{ horizon: string }>(
    'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon',
  );
  const { rows } = await tx.client.query<SubscriptionRow & { changed_xid: string }>(
    'SELECT * FROM publisher_subscriptions WHERE changed_xid >= $1::xid8',
    [horizon],
  );
  return {
    horizon: snapshot.rows[0]?.horizon ?? horizon,
    changed: rows.map((row) => ({
      id: row.id,
      tenantId: row.tenant_id,
      userId: row.user_id,
      userRoles: row.user_roles,
      filter: row.filter,
      endpointIds: row.endpoint_ids,
      isActive: row.state === 'active',
      changedXid: BigInt(row.changed_xid),
    })),
  };
}

/** What a changed user means for their subscriptions: new roles, or an end. */
export async function updateSubscriber(
  tx: SqlTransaction,
  userId: string,
  change: { readonly roles: readonly string[] } | { readonly state: 'paused' | 'deleted' },
): Promise<void> {
  const column = 'roles' in change ? 'user_roles' : 'state';
  await tx.client.query(
    `UPDATE publisher_subscriptions SET ${column} = $2, changed_xid = pg_current_xact_id(), updated_at = clock_timestamp()
      WHERE user_id = $1 AND state <> 'deleted' AND ${column} IS DISTINCT FROM $2`,
    [userId, 'roles' in change ? change.roles : change.state],
  );
}
