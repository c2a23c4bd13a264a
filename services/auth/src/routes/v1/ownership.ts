import { authorize, type Principal } from '@peermesh/authz';
import { commonErrors } from '@peermesh/errors';

const ADMINISTER = {
  access: 'authenticated',
  action: 'user.administer',
  minRole: 'admin',
  scopes: ['users:write'],
} as const;
const LOOK = { ...ADMINISTER, scopes: ['users:read'] } as const;

/** Whether the caller may act on what belongs to others. */
export function isAdministrator(principal: Principal, purpose: 'look' | 'change' = 'change'): boolean {
  return authorize(principal, purpose === 'look' ? LOOK : ADMINISTER).allowed;
}

/** The user that a request is about: the caller, or another one when an administrator names them. */
export function subjectOf(principal: Principal, userId: string | undefined, purpose: 'look' | 'change'): string {
  if (userId === undefined || userId === principal.subject) return principal.subject;
  if (!isAdministrator(principal, purpose)) throw commonErrors.forbidden();
  return userId;
}
