import { authErrors, commonErrors } from '@peermesh/errors';
import { adminRoles, roleClosure } from '../adapters/pg/role-store.ts';
import type { Tx, UserRow } from '../adapters/pg/schema.ts';
import { changeUser, lockUser, tryInsertUser } from '../adapters/pg/user-store.ts';
import { emailKey } from '../domain/email.ts';
import type { AuthDeps } from './auth-deps.ts';
import { assertPasswordGood, newUser } from './register.ts';
import { announceRevocation, announceUser, revokeSessions } from './revocation.ts';

/** What an administrator says about a new user. */
export interface NewUser {
  readonly tenantId: string;
  readonly email: string;
  readonly password: string;
  readonly displayName: string | null;
  readonly role: string;
}

/** Creates a user inside `commit`'s transaction. The password is hashed before it opens. */
export async function createUser(
  deps: AuthDeps,
  input: NewUser,
  commit: (tx: Tx, user: UserRow) => Promise<void>,
): Promise<UserRow> {
  assertPasswordGood(input.password, input.email);
  const passwordHash = await deps.hasher.hash(input.password);
  return deps.db.tenant(input.tenantId, async (tx) => {
    await assertRole(tx, input.role);
    const user = newUser({ ...input, passwordHash, at: deps.clock() });
    if (!(await tryInsertUser(tx, user))) throw authErrors.emailTaken();
    await announceUser(deps, tx, user, 'created');
    await commit(tx, user);
    return user;
  });
}

/** What an administrator changes. */
export interface UserChange {
  readonly email?: string;
  readonly displayName?: string | null;
  readonly role?: string;
  readonly status?: 'active' | 'disabled';
  readonly password?: string;
  readonly version?: number;
}

/** Changes a user; what the change makes void is void everywhere within a second. */
export async function updateUser(
  deps: AuthDeps,
  target: { readonly tenantId: string; readonly userId: string },
  change: UserChange,
  commit: (tx: Tx, user: UserRow) => Promise<void>,
): Promise<UserRow> {
  const { tenantId, userId } = target;
  const passwordHash = change.password === undefined ? undefined : await deps.hasher.hash(change.password);
  return deps.db.tenant(tenantId, async (tx) => {
    const before = await lockUser(tx, userId);
    if (change.version !== undefined && change.version !== before.version) {
      throw commonErrors.versionConflict({ meta: { currentVersion: before.version } });
    }
    if (change.password !== undefined) assertPasswordGood(change.password, change.email ?? before.email);
    if (change.role !== undefined) await assertRole(tx, change.role);
    await assertAdminRemains(tx, before, { role: change.role ?? before.role, status: change.status ?? before.status });
    const after = await changeUser(
      tx,
      before,
      {
        ...(change.email === undefined ? {} : { email: change.email.trim(), email_key: emailKey(change.email) }),
        ...(change.displayName === undefined ? {} : { display_name: change.displayName }),
        ...(change.role === undefined ? {} : { role: change.role }),
        ...(change.status === undefined ? {} : { status: change.status }),
        ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
      },
      deps.clock(),
    );
    await revokeAfter(deps, tx, before, after);
    await announceUser(
      deps,
      tx,
      after,
      after.status === 'disabled' && before.status === 'active' ? 'disabled' : 'updated',
    );
    await commit(tx, after);
    return after;
  });
}

/** Deletes a user with sessions and API keys. */
export async function deleteUser(
  deps: AuthDeps,
  target: { readonly tenantId: string; readonly userId: string },
  commit: (tx: Tx) => Promise<void>,
): Promise<void> {
  await deps.db.tenant(target.tenantId, async (tx) => {
    const user = await lockUser(tx, target.userId);
    await assertAdminRemains(tx, user, null);
    await revokeSessions(deps, tx, { userId: user.id }, user.tenant_id, 'user_deleted');
    const notice = { id: user.id, tenantId: user.tenant_id, userId: user.id, reason: 'user_deleted' };
    await announceRevocation(deps, tx, { ...notice, kind: 'user' });
    await tx.query.deleteFrom('auth_users').where('id', '=', user.id).execute();
    await announceUser(deps, tx, user, 'deleted');
    await commit(tx);
  });
}

async function revokeAfter(deps: AuthDeps, tx: Tx, before: UserRow, after: UserRow): Promise<void> {
  const wasDisabled = after.status === 'disabled' && before.status === 'active';
  const hasNewPassword = after.password_hash !== before.password_hash;
  const reason = wasDisabled ? 'user_disabled' : 'password_changed';
  if (wasDisabled || hasNewPassword) await revokeSessions(deps, tx, { userId: after.id }, after.tenant_id, reason);
  if (wasDisabled || after.role !== before.role) {
    await announceRevocation(deps, tx, {
      kind: 'user',
      id: after.id,
      tenantId: after.tenant_id,
      userId: after.id,
      reason: wasDisabled ? 'user_disabled' : 'role_changed',
    });
  }
}

async function assertRole(tx: Tx, role: string): Promise<void> {
  if ((await roleClosure(tx, role)) === null) throw authErrors.roleUnknown();
}

/** Keeps one active administrator in the tenant; changes to administrators wait for each other. */
async function assertAdminRemains(
  tx: Tx,
  before: UserRow,
  after: { readonly role: string; readonly status: string } | null,
): Promise<void> {
  const admins = await adminRoles(tx);
  const isAdmin = (user: { role: string; status: string }): boolean =>
    user.status === 'active' && admins.includes(user.role);
  if (!isAdmin(before) || (after !== null && isAdmin(after))) return;
  await tx.client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`auth_users.admins.${before.tenant_id}`]);
  const others = await tx.query
    .selectFrom('auth_users')
    .select('id')
    .where('status', '=', 'active')
    .where('role', 'in', [...admins])
    .where('id', '!=', before.id)
    .limit(1)
    .executeTakeFirst();
  if (others === undefined) throw authErrors.lastAdmin();
}
