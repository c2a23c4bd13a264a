import { DEFAULT_ROLE_RANKS } from '@peermesh/authz';
import { ROLES } from '@peermesh/contracts';
import type { RoleDefinition } from '@peermesh/contracts/auth';
import { type CustomRole, closureOf, rankOf } from '../../domain/roles.ts';
import type { RoleRow, Tx } from './schema.ts';

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  user: 'Reads and writes what is shared with the tenant and what is its own.',
  moderator: 'Also manages sources and the content of others.',
  admin: 'Also manages users, keys and the installation.',
};

/** The tenant's own roles by name. */
export async function customRoles(tx: Tx): Promise<ReadonlyMap<string, CustomRole & RoleRow>> {
  const rows = await tx.query.selectFrom('auth_roles').selectAll().execute();
  return new Map(rows.map((row) => [row.name, row]));
}

/** A role and everything that it includes; null when the tenant has no such role. */
export async function roleClosure(tx: Tx, name: string): Promise<readonly string[] | null> {
  return closureOf(name, await customRoles(tx));
}

/** The names of all roles that amount to an administrator. */
export async function adminRoles(tx: Tx): Promise<readonly string[]> {
  const custom = await customRoles(tx);
  const adminRank = DEFAULT_ROLE_RANKS['admin'] ?? 0;
  const own = [...custom.keys()].filter((name) => rankOf(closureOf(name, custom) ?? ['user']) >= adminRank);
  return ['admin', ...own];
}

/** Built-in and own roles from least to most. */
export async function listRoles(tx: Tx): Promise<RoleDefinition[]> {
  const custom = await customRoles(tx);
  const builtIn = ROLES.map((name, index) => ({
    name,
    inherits: ROLES[index - 1] ?? null,
    rank: DEFAULT_ROLE_RANKS[name] ?? 0,
    description: DESCRIPTIONS[name] ?? '',
    builtIn: true,
  }));
  const own = [...custom.values()].map((row) => roleOf(row));
  return [...builtIn, ...own].sort(
    (a, b) => a.rank - b.rank || Number(b.builtIn) - Number(a.builtIn) || a.name.localeCompare(b.name),
  );
}

export function roleOf(row: RoleRow): RoleDefinition {
  return { name: row.name, inherits: row.inherits, rank: row.rank, description: row.description, builtIn: false };
}
