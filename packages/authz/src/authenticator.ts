import { commonErrors, isPeerMeshError } from '@peermesh/errors';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { LRUCache } from 'lru-cache';
import type { Principal } from './principal.ts';
import type { RevocationSource } from './revocations.ts';

/** How old the feed of revocations may be, in milliseconds, where nothing else is said: with an older one tokens are refused. */
export const REVOCATION_STALENESS_MAX_MS = 60_000;

/** What {@link createAuthenticator} needs. */
export interface AuthenticatorOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Where the keys are: a URL that is fetched and cached, the keys themselves, or a function that finds one. */
  readonly jwks: URL | JSONWebKeySet | JWTVerifyGetKey;
  /** Without it, revoked tokens are good until they expire. */
  readonly revocations?: RevocationSource;
  /**
   * Asks the issuer whether a token is good. Called for tokens older than the revocation feed once that is more than 10 s
   * behind. Rejects when the issuer cannot be asked.
   */
  readonly introspect?: (token: string) => Promise<boolean>;
  /** Beyond this age of the feed a token must be introspected, or is refused with 503; 60 s when absent. */
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
  /** Whether the token of somebody who was admitted has neither expired nor been revoked since, as far as the feed tells. */
  isStillGood(principal: Principal): boolean;
}

const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256'];
const TOKEN_BYTES_MAX = 8192;
const INTROSPECTION_AFTER_MS = 10_000;

/** Makes an authenticator for JWTs (RFC 7519) signed with Ed25519 or ES256; nothing else is accepted. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const now = options.now ?? Date.now;
  const tolerance = options.clockToleranceSeconds ?? 5;
  const stalenessMax = options.revocationStalenessMaxMs ?? REVOCATION_STALENESS_MAX_MS;
  const keys = keysFrom(options.jwks);
  const verified = new LRUCache<string, Principal>({ max: options.cacheMax ?? 10_000 });
  const { revocations, introspect } = options;

  const isStillGood = (principal: Principal): boolean =>
    principal.expiresAt + tolerance > now() / 1000 && revocations?.isRevoked(principal) !== true;

  /** Whether the feed of revocations is recent enough to decide about this token without asking. */
  const feedCovers = (principal: Principal): boolean => {
    if (revocations === undefined) return true;
    const stalenessMs = revocations.stalenessMs();
    if (introspect === undefined) return stalenessMs <= stalenessMax;
    return stalenessMs <= INTROSPECTION_AFTER_MS || principal.issuedAt * 1000 > now() - INTROSPECTION_AFTER_MS;
  };

  const authenticateCached = (authorization: string | undefined): Principal | null => {
    const token = bearerOf(authorization);
    if (token === null) return null;
    const principal = verified.get(token);
    return principal !== undefined && isStillGood(principal) && feedCovers(principal) ? principal : null;
  };

  return {
    authenticateCached,
    isStillGood,
    async authenticate(authorization) {
      const token = bearerOf(authorization);
      if (token === null) throw commonErrors.unauthenticated({ detail: 'Send `Authorization: Bearer <token>`.' });
      const principal = verified.get(token) ?? (await verify(token));
      if (!isStillGood(principal)) {
        verified.delete(token);
        throw commonErrors.unauthenticated({ detail: 'The token has expired or was revoked.' });
      }
      verified.set(token, principal);
      if (!feedCovers(principal)) await askIssuer(token);
      return principal;
    },
  };

  async function askIssuer(token: string): Promise<void> {
    const away = { detail: 'Revocations cannot be checked now.', retryAfterSeconds: 2 };
    if (introspect === undefined) throw commonErrors.unavailable(away);
    const active = await introspect(token).catch((cause: unknown) => {
      throw commonErrors.unavailable({ ...away, cause });
    });
    if (!active) throw commonErrors.unauthenticated({ detail: 'The token has expired or was revoked.' });
  }

  async function verify(token: string): Promise<Principal> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: ALGORITHMS,
        clockTolerance: tolerance,
        currentDate: new Date(now()),
        requiredClaims: ['sub', 'exp', 'iat', 'jti', 'tenant', 'role'],
      });
      return principalFrom(payload, protectedHeader.kid);
    } catch (error) {
      if (isPeerMeshError(error)) throw error;
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

function keysFrom(jwks: AuthenticatorOptions['jwks']): JWTVerifyGetKey {
  if (typeof jwks === 'function') return jwks;
  if (!(jwks instanceof URL)) return createLocalJWKSet(jwks);
  return createRemoteJWKSet(jwks, { timeoutDuration: 3000, cooldownDuration: 5000, cacheMaxAge: 300_000 });
}

function principalFrom(claims: JWTPayload, signingKeyId: string | undefined): Principal {
  const { sub, tenant, role, roles, scope, sid, jti, kid, kind, iat, iat_ms: issuedAtMs, exp } = claims;
  if (typeof sub !== 'string' || typeof tenant !== 'string' || typeof role !== 'string' || !iat || !exp) {
    throw commonErrors.unauthenticated({ detail: 'The token lacks a claim.' });
  }
  return {
    kind: kind === 'api_key' || kind === 'service' ? kind : 'user',
    subject: sub,
    tenantId: tenant,
    role,
    ...(Array.isArray(roles) ? { includedRoles: roles.filter((name) => typeof name === 'string') } : {}),
    scopes: typeof scope === 'string' ? scope.split(' ').filter((part) => part !== '') : null,
    ...(typeof sid === 'string' ? { sessionId: sid } : {}),
    ...(typeof jti === 'string' ? { tokenId: jti } : {}),
    ...(typeof kid === 'string' ? { keyId: kid } : {}),
    ...(signingKeyId === undefined ? {} : { signingKeyId }),
    issuedAt: typeof issuedAtMs === 'number' ? issuedAtMs / 1000 : iat,
    expiresAt: exp,
  };
}
