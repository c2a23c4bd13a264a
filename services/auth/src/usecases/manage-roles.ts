import type { RoleDefinition } from '@peermesh/contracts/auth';
import { authErrors, commonErrors } from '@peermesh/errors';
import { adminRoles, customRoles, roleOf } from '../adapters/pg/role-store.ts';
import type { Tx } from '../adapters/pg/schema.ts';
import { closureOf, isBuiltIn, rankOf } from '../domain/roles.ts';
import type { AuthDeps } from './auth-deps.ts';
import { announceRevocation } from './revocation.ts';

/** Creates or changes a role. Roles that inherit from it follow, and whoever has one of them gets new tokens. */
export async function putRole(
  deps: AuthDeps,
  tx: Tx,
  role: { readonly tenantId: string; readonly name: string; readonly inherits: string; readonly description: string },
): Promise<{ isNew: boolean; role: RoleDefinition }> {
  if (isBuiltIn(role.name)) throw authErrors.roleBuiltIn();
  await lockRoles(tx, role.tenantId);
  const custom = new Map(await customRoles(tx));
  if (!isBuiltIn(role.inherits) && !custom.has(role.inherits)) throw authErrors.roleUnknown();
  const isNew = !custom.has(role.name);
  const row = {
    tenant_id: role.tenantId,
    name: role.name,
    inherits: role.inherits,
    description: role.description,
    rank: 1,
  };
  custom.set(role.name, row);
  if (closureOf(role.name, custom) === null) {
    throw commonErrors.unprocessable({ detail: 'The role would inherit from itself.' });
  }
  for (const entry of custom.values()) {
    const rank = rankOf(closureOf(entry.name, custom) ?? ['user']);
    custom.set(entry.name, { ...entry, rank });
    await tx.query
      .insertInto('auth_roles')
      .values({ ...entry, rank })
      .onConflict((conflict) =>
        conflict
          .columns(['tenant_id', 'name'])
          .doUpdateSet({ inherits: entry.inherits, description: entry.description, rank }),
      )
      .execute();
  }
  if (!isNew)
    await revokeHolders(
      deps,
      tx,
      role.tenantId,
      [...custom.keys()].filter((name) => closureOf(name, custom)?.includes(role.name)),
    );
  return { isNew, role: roleOf(custom.get(role.name) ?? row) };
}

/** Access tokens that spell out the former meaning of a role are void; clients refresh. */
async function revokeHolders(deps: AuthDeps, tx: Tx, tenantId: string, roles: readonly string[]): Promise<void> {
  const admins = await adminRoles(tx);
  const users = await tx.query
    .selectFrom('auth_users')
    .select(['id', 'role', 'status'])
    .where('role', 'in', [...roles, ...admins])
    .execute();
  if (!users.some((user) => user.status === 'active' && admins.includes(user.role))) throw authErrors.lastAdmin();
  for (const { id } of users.filter((user) => roles.includes(user.role))) {
    await announceRevocation(deps, tx, { kind: 'user', id, tenantId, userId: id, reason: 'role_changed' });
  }
}

/** Deletes a role that no user has and no role inherits from. */
export async function deleteRole(tx: Tx, tenantId: string, name: string): Promise<void> {
  if (isBuiltIn(name)) throw authErrors.roleBuiltIn();
  await lockRoles(tx, tenantId);
  const custom = await customRoles(tx);
  if (!custom.has(name)) throw commonErrors.notFound();
  const holder = await tx.query
    .selectFrom('auth_users')
    .select('id')
    .where('role', '=', name)
    .limit(1)
    .executeTakeFirst();
  if (holder !== undefined || [...custom.values()].some((role) => role.inherits === name)) throw authErrors.roleInUse();
  await tx.query.deleteFrom('auth_roles').where('name', '=', name).execute();
}

async function lockRoles(tx: Tx, tenantId: string): Promise<void> {
  await tx.client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`auth_roles.${tenantId}`]);
}
