import { type AuthenticatorOptions, createAuthenticator, type RevocationSource } from '@peermesh/authz';
import type { FastifyInstance } from 'fastify';
import { usePrincipals } from './compose.ts';

/** Settings of a service that takes access tokens. */
export interface AccessTokenConfig {
  readonly JWKS_URL: string;
  readonly TOKEN_ISSUER: string;
  readonly TOKEN_AUDIENCE: string;
}

/** Lets callers in by access tokens that the configured issuer signed and that were not revoked. */
export function useAccessTokens(
  app: FastifyInstance,
  config: AccessTokenConfig,
  parts: {
    readonly revocations: RevocationSource;
    /** In place of the keys at `JWKS_URL`. */
    readonly jwks?: AuthenticatorOptions['jwks'] | undefined;
  },
): void {
  const { TOKEN_ISSUER: issuer, TOKEN_AUDIENCE: audience, JWKS_URL } = config;
  const { revocations, jwks = new URL(JWKS_URL) } = parts;
  usePrincipals(app, createAuthenticator({ issuer, audience, jwks, revocations }));
}
