import { ROLES } from '@peermesh/contracts';

/** Who is calling, as proven by a token. */
export interface Principal {
  readonly kind: 'user' | 'api_key' | 'service';
  /** `usr_...`, also for an API key: the key acts for its user. */
  readonly subject: string;
  readonly tenantId: string;
  readonly role: string;
  /** The role and every role that it includes, when the token names them; built-in roles need no list. */
  readonly includedRoles?: readonly string[];
  /** Null means everything that the role allows. */
  readonly scopes: readonly string[] | null;
  readonly sessionId?: string;
  readonly tokenId?: string;
  /** The API key that was exchanged for the token. */
  readonly keyId?: string;
  /** `kid` of the key that signed the token. */
  readonly signingKeyId?: string;
  /** Seconds since the epoch, with milliseconds where the token has them. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** The names under which an access control list may let this principal in. */
export function principalsOf(principal: Principal): string[] {
  const roles = rolesOf(principal).map((role) => `role:${role}`);
  return ['tenant', `user:${principal.subject}`, ...roles];
}

/** The principal's role and every role that it includes. */
export function rolesOf(principal: Pick<Principal, 'role' | 'includedRoles'>): readonly string[] {
  if (principal.includedRoles !== undefined) return principal.includedRoles;
  const rank = (ROLES as readonly string[]).indexOf(principal.role);
  return rank === -1 ? [principal.role] : ROLES.slice(0, rank + 1);
}
