import type { Preferences } from '@peermesh/contracts/publisher';
import { mergePreferences } from '../../domain/preferences.ts';
import { jsonFor, type SqlTransaction } from './sql.ts';

/** Stands for everyone in a tenant who has set nothing. */
export const TENANT_DEFAULT = '*';

export async function readPreferences(tx: SqlTransaction, userId: string): Promise<Preferences | null> {
  const { rows } = await tx.client.query<{ preferences: Preferences }>(
    'SELECT preferences FROM publisher_preferences WHERE user_id = $1',
    [userId],
  );
  return rows[0]?.preferences ?? null;
}

export async function writePreferences(
  tx: SqlTransaction,
  tenantId: string,
  userId: string,
  preferences: Preferences,
): Promise<void> {
  await tx.client.query(
    `INSERT INTO publisher_preferences (tenant_id, user_id, preferences) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id, user_id) DO UPDATE SET preferences = excluded.preferences, updated_at = clock_timestamp()`,
    [tenantId, userId, jsonFor(preferences)],
  );
}

/** The preferences that hold for each of the users, keyed by `tenant user`. */
export async function preferencesOf(
  tx: SqlTransaction,
  users: readonly { readonly tenantId: string; readonly userId: string }[],
): Promise<(tenantId: string, userId: string) => Preferences> {
  const { rows } = await tx.client.query<{ tenant_id: string; user_id: string; preferences: Preferences }>(
    `SELECT tenant_id, user_id, preferences FROM publisher_preferences
      WHERE tenant_id = ANY ($1) AND (user_id = '${TENANT_DEFAULT}' OR user_id = ANY ($2))`,
    [[...new Set(users.map(({ tenantId }) => tenantId))], [...new Set(users.map(({ userId }) => userId))]],
  );
  const found = new Map(rows.map((row) => [`${row.tenant_id} ${row.user_id}`, row.preferences]));
  return (tenantId, userId) =>
    mergePreferences(found.get(`${tenantId} ${TENANT_DEFAULT}`) ?? null, found.get(`${tenantId} ${userId}`) ?? null);
}
