import type { TokenSet } from '@peermesh/contracts/auth';
import { SignJWT } from 'jose';
import { roleClosure } from '../adapters/pg/role-store.ts';
import type { ApiKeyRow, Tx, UserRow } from '../adapters/pg/schema.ts';
import { userOf } from '../adapters/pg/user-store.ts';
import { isBuiltIn } from '../domain/roles.ts';
import type { AuthDeps } from './auth-deps.ts';

interface TokenSubject {
  readonly user: UserRow;
  readonly ttlSeconds: number;
  /** Taken while the user was locked, so that a later change revokes the token. */
  readonly issuedAt: Date;
  /** Names of the role and all that it includes, for roles that others cannot know. */
  readonly includedRoles: readonly string[] | null;
  readonly sessionId?: string;
  readonly apiKey?: Pick<ApiKeyRow, 'id' | 'scopes'>;
}

/** The roles that a token must spell out; null for built-in ones. */
export async function includedRolesOf(tx: Tx, role: string): Promise<readonly string[] | null> {
  return isBuiltIn(role) ? null : ((await roleClosure(tx, role)) ?? [role]);
}

/** Signs an access token. `iat_ms` tells tokens apart that were issued before and after a revocation in the same second. */
export async function signAccessToken(deps: AuthDeps, subject: TokenSubject): Promise<string> {
  const { user, apiKey, sessionId, includedRoles } = subject;
  const { signer } = deps.keyring;
  const issuedAtMs = subject.issuedAt.getTime();
  const issuedAt = Math.floor(issuedAtMs / 1000);
  return new SignJWT({
    role: user.role,
    ...(includedRoles === null ? {} : { roles: [...includedRoles] }),
    tenant: user.tenant_id,
    ...(sessionId === undefined ? {} : { sid: sessionId }),
    ...(apiKey === undefined ? {} : { kind: 'api_key', kid: apiKey.id, scope: apiKey.scopes.join(' ') }),
    iat_ms: issuedAtMs,
  })
    .setProtectedHeader({ alg: signer.algorithm, kid: signer.kid, typ: 'JWT' })
    .setSubject(user.id)
    .setIssuer(deps.config.TOKEN_ISSUER)
    .setAudience(deps.config.TOKEN_AUDIENCE)
    .setJti(crypto.randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + subject.ttlSeconds)
    .sign(signer.privateKey);
}

/** An access token of a session together with its refresh token. */
export async function tokenSetFor(
  deps: AuthDeps,
  session: {
    readonly user: UserRow;
    readonly sessionId: string;
    readonly includedRoles: readonly string[] | null;
    readonly refreshToken: string;
    readonly refreshExpiresAt: Date;
    readonly issuedAt: Date;
  },
): Promise<TokenSet> {
  const ttlSeconds = deps.config.ACCESS_TOKEN_TTL_SECONDS;
  const { user, sessionId, includedRoles, issuedAt } = session;
  return {
    accessToken: await signAccessToken(deps, { user, sessionId, includedRoles, ttlSeconds, issuedAt }),
    tokenType: 'Bearer',
    expiresIn: ttlSeconds,
    refreshToken: session.refreshToken,
    refreshExpiresAt: session.refreshExpiresAt.toISOString(),
    sessionId,
    user: userOf(user),
  };
}
