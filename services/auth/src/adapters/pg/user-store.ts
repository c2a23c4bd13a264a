import type { User } from '@peermesh/contracts/auth';
import { codeOf } from '@peermesh/database';
import { authErrors, commonErrors } from '@peermesh/errors';
import { sql } from 'kysely';
import type { Tx, UserRow } from './schema.ts';

const UNIQUE_VIOLATION = '23505';

export function userOf(row: UserRow): User {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    email: row.email,
    displayName: row.display_name,
    role: row.role,
    status: row.status,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    lastLoginAt: row.last_login_at?.toISOString() ?? null,
  };
}

export async function findUserByEmail(tx: Tx, emailKey: string): Promise<UserRow | null> {
  const row = await tx.query.selectFrom('auth_users').selectAll().where('email_key', '=', emailKey).executeTakeFirst();
  return row ?? null;
}

export async function findUser(tx: Tx, id: string): Promise<UserRow | null> {
  return (await tx.query.selectFrom('auth_users').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

/** The user, locked until the transaction ends. */
export async function lockUser(tx: Tx, id: string): Promise<UserRow> {
  const query = tx.query.selectFrom('auth_users').selectAll().where('id', '=', id).forUpdate();
  const row = await query.executeTakeFirst();
  if (row === undefined) throw commonErrors.notFound();
  return row;
}

/** Adds a user; false when the address is taken. */
export async function tryInsertUser(tx: Tx, user: UserRow): Promise<boolean> {
  const result = await tx.query
    .insertInto('auth_users')
    .values(user)
    .onConflict((conflict) => conflict.columns(['tenant_id', 'email_key']).doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Changes a locked user and counts its version. */
export async function changeUser(
  tx: Tx,
  user: UserRow,
  change: Partial<Omit<UserRow, 'id' | 'tenant_id' | 'version'>>,
  at: Date,
): Promise<UserRow> {
  try {
    return await tx.query
      .updateTable('auth_users')
      .set({ ...change, version: user.version + 1, updated_at: at })
      .where('id', '=', user.id)
      .returningAll()
      .executeTakeFirstOrThrow();
  } catch (error) {
    if (codeOf(error) === UNIQUE_VIOLATION) throw authErrors.emailTaken({ cause: error });
    throw error;
  }
}

export interface UserFilter {
  readonly role?: string;
  readonly status?: 'active' | 'disabled';
  readonly search?: string;
  readonly sort?: 'created' | '-created' | 'email' | '-email';
}

export async function listUsers(
  tx: Tx,
  filter: UserFilter,
  window: { readonly limit: number; readonly offset: number },
): Promise<{ items: User[]; total: number }> {
  let query = tx.query.selectFrom('auth_users');
  if (filter.role !== undefined) query = query.where('role', '=', filter.role);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.search !== undefined) {
    const pattern = `%${filter.search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
    query = query.where((eb) =>
      eb.or([eb('email_key', 'like', pattern), eb(sql<string>`lower(display_name)`, 'like', pattern)]),
    );
  }
  const { total } = await query.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow();
  const sort = filter.sort ?? '-created';
  const column = sort.endsWith('email') ? 'email_key' : 'created_at';
  const direction = sort.startsWith('-') ? 'desc' : 'asc';
  const rows = await query
    .selectAll()
    .orderBy(column, direction)
    .orderBy('id', direction)
    .limit(window.limit)
    .offset(window.offset)
    .execute();
  return { items: rows.map(userOf), total: Number(total) };
}
