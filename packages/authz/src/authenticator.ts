import { commonErrors } from '@peermesh/errors';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Principal } from './principal.ts';
import type { RevocationSource } from './revocations.ts';

/** What {@link createAuthenticator} needs. */
export interface AuthenticatorOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Where the keys are: a URL that is fetched and cached, or the keys themselves. */
  readonly jwks: URL | JSONWebKeySet;
  /** Without it, revoked tokens are good until they expire. */
  readonly revocations?: RevocationSource;
  /** Beyond this age of the revocation feed nothing is accepted; 60 s when absent. */
  readonly revocationStalenessMaxMs?: number;
  readonly clockToleranceSeconds?: number;
  /** Verified tokens kept; 10,000 when absent. */
  readonly cacheMax?: number;
  readonly now?: () => number;
}

/** Turns an `Authorization` header into a principal. */
export interface Authenticator {
  /** Rejects with `PM_COMMON_UNAUTHENTICATED`, or `PM_COMMON_UNAVAILABLE` when keys or revocations cannot be had. */
  authenticate(authorization: string | undefined): Promise<Principal>;
  /** The same when the token was verified before and is still good; null means: call {@link authenticate}. */
  authenticateCached(authorization: string | undefined): Principal | null;
}

const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256'];
const TOKEN_BYTES_MAX = 8192;

/** Makes an authenticator for JWTs (RFC 7519) signed with Ed25519 or ES256; nothing else is accepted. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const now = options.now ?? Date.now;
  const tolerance = options.clockToleranceSeconds ?? 5;
  const stalenessMax = options.revocationStalenessMaxMs ?? 60_000;
  const keys =
    options.jwks instanceof URL
      ? createRemoteJWKSet(options.jwks, { timeoutDuration: 3000, cooldownDuration: 5000, cacheMaxAge: 300_000 })
      : createLocalJWKSet(options.jwks);
  const verified = new LRUCache<string, Principal>({ max: options.cacheMax ?? 10_000 });

  const stillGood = (principal: Principal): boolean =>
    principal.expiresAt + tolerance > now() / 1000 && options.revocations?.isRevoked(principal) !== true;

  const assertFresh = (): void => {
    if (options.revocations !== undefined && options.revocations.stalenessMs() > stalenessMax) {
      throw commonErrors.unavailable({ detail: 'Revocations cannot be checked now.', retryAfterSeconds: 2 });
    }
  };

  const authenticateCached = (authorization: string | undefined): Principal | null => {
    const token = bearerOf(authorization);
    if (token === null) return null;
    const principal = verified.get(token);
    if (principal === undefined) return null;
    assertFresh();
    return stillGood(principal) ? principal : null;
  };

  return {
    authenticateCached,
    async authenticate(authorization) {
      const cached = authenticateCached(authorization);
      if (cached !== null) return cached;
      const token = bearerOf(authorization);
      if (token === null) throw commonErrors.unauthenticated({ detail: 'Send `Authorization: Bearer <token>`.' });
      assertFresh();
      const principal = principalFrom(await verify(token));
      if (!stillGood(principal)) throw commonErrors.unauthenticated({ detail: 'The token was revoked.' });
      verified.set(token, principal);
      return principal;
    },
  };

  async function verify(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, keys as Parameters<typeof jwtVerify>[1], {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: ALGORITHMS,
        clockTolerance: tolerance,
        currentDate: new Date(now()),
        requiredClaims: ['sub', 'exp', 'iat', 'jti', 'tenant', 'role'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw commonErrors.unauthenticated({ detail: 'The token has expired.', cause: error });
      const keysAway =
        !(error instanceof errors.JOSEError) || error.code === 'ERR_JWKS_TIMEOUT' || error.code === 'ERR_JOSE_GENERIC';
      if (keysAway)
        throw commonErrors.unavailable({
          detail: 'Signing keys cannot be had now.',
          cause: error,
          retryAfterSeconds: 1,
        });
      throw commonErrors.unauthenticated({ detail: 'The token is not valid here.', cause: error });
    }
  }
}

function bearerOf(authorization: string | undefined): string | null {
  if (authorization === undefined || authorization.length > TOKEN_BYTES_MAX) return null;
  if (authorization.length < 8 || authorization.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  return authorization.slice(7).trim();
}

function principalFrom(claims: JWTPayload): Principal {
  const { sub, tenant, role, scope, sid, jti, kid, kind, iat, exp } = claims;
  if (typeof sub !== 'string' || typeof tenant !== 'string' || typeof role !== 'string' || !iat || !exp) {
    throw commonErrors.unauthenticated({ detail: 'The token lacks a claim.' });
  }
  return {
    kind: kind === 'api_key' || kind === 'service' ? kind : 'user',
    subject: sub,
    tenantId: tenant,
    role,
    scopes: typeof scope === 'string' ? scope.split(' ').filter((part) => part !== '') : null,
    ...(typeof sid === 'string' ? { sessionId: sid } : {}),
    ...(typeof jti === 'string' ? { tokenId: jti } : {}),
    ...(typeof kid === 'string' ? { keyId: kid } : {}),
    issuedAt: iat,
    expiresAt: exp,
  };
}
