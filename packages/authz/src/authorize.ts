import { newId, OPERATING_TENANT, type RoutePolicy } from '@peermesh/contracts';
import { type Principal, rolesOf } from './principal.ts';

/** The outcome of one authorization. */
export interface Decision {
  readonly decisionId: string;
  readonly allowed: boolean;
  readonly action: string;
  readonly reason:
    | 'public'
    | 'role_and_scope'
    | 'no_principal'
    | 'role_too_low'
    | 'scope_missing'
    | 'role_unknown'
    | 'not_an_operator';
}

/** The rank of each role; a role includes what ranks below it. */
export type RoleRanks = Readonly<Record<string, number>>;

/** The built-in roles. */
export const DEFAULT_ROLE_RANKS: RoleRanks = { user: 10, moderator: 20, admin: 30 };

/** Decides by role, scopes and, for what belongs to the installation, tenant. What is undecided is denied. */
export function authorize(
  principal: Principal | null,
  policy: RoutePolicy,
  ranks: RoleRanks = DEFAULT_ROLE_RANKS,
): Decision {
  const decide = (allowed: boolean, reason: Decision['reason']): Decision => ({
    decisionId: newId('decision'),
    allowed,
    action: policy.access === 'public' ? 'public' : policy.action,
    reason,
  });
  if (policy.access === 'public') return decide(true, 'public');
  if (principal === null) return decide(false, 'no_principal');
  const held = rolesOf(principal).flatMap((role) => (Object.hasOwn(ranks, role) ? [ranks[role] ?? 0] : []));
  const needed = Object.hasOwn(ranks, policy.minRole) ? ranks[policy.minRole] : undefined;
  if (held.length === 0 || needed === undefined) return decide(false, 'role_unknown');
  if (Math.max(...held) < needed) return decide(false, 'role_too_low');
  if (policy.operatorsOnly === true && principal.tenantId !== OPERATING_TENANT) return decide(false, 'not_an_operator');
  const { scopes } = principal;
  if (scopes !== null && !policy.scopes.every((scope) => scopes.includes(scope))) return decide(false, 'scope_missing');
  return decide(true, 'role_and_scope');
}
