/** Who is calling, as proven by a token. */
export interface Principal {
  readonly kind: 'user' | 'api_key' | 'service';
  /** `usr_...`, also for an API key: the key acts for its user. */
  readonly subject: string;
  readonly tenantId: string;
  readonly role: string;
  /** Null means everything that the role allows. */
  readonly scopes: readonly string[] | null;
  readonly sessionId?: string;
  readonly tokenId?: string;
  readonly keyId?: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** The names under which an access control list may let this principal in. */
export function principalsOf(principal: Principal): string[] {
  return ['tenant', `user:${principal.subject}`, `role:${principal.role}`];
}
