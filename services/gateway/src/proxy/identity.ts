import type { IncomingMessage } from 'node:http';
import type { Authenticator, Principal, RevocationSource } from '@peermesh/authz';
import type { RoutePolicy } from '@peermesh/contracts';
import { commonErrors } from '@peermesh/errors';

/** Who is calling, and what the services shall see of it. */
export interface Identity {
  readonly principal: Principal;
  /** The `Authorization` header for the upstream: always a JWT. */
  readonly authorization: string;
  /** What limits by subject count. */
  readonly limitKey: string;
  /** Policies that have let this identity in: role and scopes do not change within a token. */
  readonly allowedBy: WeakSet<RoutePolicy>;
}

/** Exchanges an API key for a short token. Rejects with 401 for a key that is not good. */
export interface ApiKeyExchange {
  cached(key: string): string | null;
  exchange(key: string): Promise<string>;
}

const API_KEY_PREFIX = 'pm_';

/** Turns the credential of a request into an identity: a JWT as it is, an API key by exchange. */
export class Identities {
  readonly #authenticator: Authenticator;
  readonly #apiKeys: ApiKeyExchange;
  readonly #revocations: RevocationSource | null;
  readonly #known = new WeakMap<Principal, Identity>();

  constructor(options: {
    readonly authenticator: Authenticator;
    readonly apiKeys: ApiKeyExchange;
    readonly revocations: RevocationSource | null;
  }) {
    this.#authenticator = options.authenticator;
    this.#apiKeys = options.apiKeys;
    this.#revocations = options.revocations;
  }

  /** The identity when nothing has to be asked or verified; null otherwise. */
  cached(request: IncomingMessage): Identity | null {
    const key = apiKeyOf(request);
    const authorization = key === null ? request.headers.authorization : this.#apiKeys.cached(key);
    if (authorization === null || authorization === undefined) return null;
    const principal = this.#authenticator.authenticateCached(authorization);
    return principal === null ? null : this.#identityOf(principal, authorization);
  }

  /** The identity. Rejects with 401, or 503 when it cannot be told. */
  async resolve(
    request: IncomingMessage,
    accepts: { readonly jwt: boolean; readonly apiKey: boolean },
  ): Promise<Identity> {
    const key = apiKeyOf(request);
    if (key === null && request.headers['x-api-key'] !== undefined) {
      throw commonErrors.unauthenticated({ detail: 'The API key is malformed.' });
    }
    if (key !== null && !accepts.apiKey) {
      throw commonErrors.unauthenticated({ detail: 'This route does not accept API keys.' });
    }
    if (key === null && !accepts.jwt)
      throw commonErrors.unauthenticated({ detail: 'This route accepts API keys only.' });
    const authorization =
      key === null ? request.headers.authorization : (this.#apiKeys.cached(key) ?? (await this.#apiKeys.exchange(key)));
    const principal = await this.#authenticator.authenticate(authorization);
    return this.#identityOf(principal, authorization!);
  }

  /** Whether an identity that was good when its connection opened is still good. */
  isStillGood(principal: Principal, nowMs: number): boolean {
    return principal.expiresAt * 1000 > nowMs && this.#revocations?.isRevoked(principal) !== true;
  }

  #identityOf(principal: Principal, authorization: string): Identity {
    const known = this.#known.get(principal);
    if (known !== undefined) return known;
    const subject = principal.keyId ?? principal.subject;
    const identity = {
      principal,
      authorization,
      limitKey: `${principal.tenantId}/${subject}`,
      allowedBy: new WeakSet<RoutePolicy>(),
    };
    this.#known.set(principal, identity);
    return identity;
  }
}

/** The API key of a request, from `X-Api-Key` or as bearer token; null when there is none. */
export function apiKeyOf(request: IncomingMessage): string | null {
  const header = request.headers['x-api-key'];
  if (header !== undefined) return typeof header === 'string' && header.startsWith(API_KEY_PREFIX) ? header : null;
  const { authorization } = request.headers;
  if (authorization === undefined || authorization.length < 10) return null;
  return authorization.startsWith(API_KEY_PREFIX, 7) && authorization.slice(0, 7).toLowerCase() === 'bearer '
    ? authorization.slice(7).trim()
    : null;
}
