import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@peermesh/contracts';
import { type JSONWebKeySet, SignJWT } from 'jose';

/** What a test token says; everything has a valid default. */
export interface TestClaims {
  readonly sub?: string;
  readonly role?: string;
  readonly scope?: string;
  readonly tenant?: string;
  readonly iss?: string;
  readonly aud?: string;
  readonly sid?: string;
  readonly jti?: string;
  /** Lifetime from now; a negative one makes an expired token. */
  readonly expiresInSeconds?: number;
  /** Age of the token. */
  readonly issuedSecondsAgo?: number;
  /** Any further claim. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

const KID = 'testkit-ed25519';
const keyPair: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ed25519');

/** The key set that verifies tokens of {@link issueTestToken}. New in every process. */
export const testJwks: JSONWebKeySet = {
  keys: [
    {
      ...keyPair.publicKey.export({ format: 'jwk' }),
      kid: KID,
      alg: 'EdDSA',
      use: 'sig',
    } as JSONWebKeySet['keys'][number],
  ],
};

/** An access token as the auth service would issue it: user `usr_...`, role `user`, tenant `default`, 15 minutes. */
export async function issueTestToken(claims: TestClaims = {}): Promise<string> {
  const issuedAt = Math.floor(Date.now() / 1000) - (claims.issuedSecondsAgo ?? 0);
  return new SignJWT({
    role: claims.role ?? 'user',
    tenant: claims.tenant ?? 'default',
    sid: claims.sid ?? newId('session'),
    ...(claims.scope === undefined ? {} : { scope: claims.scope }),
    ...claims.extra,
  })
    .setProtectedHeader({ alg: 'EdDSA', kid: KID, typ: 'JWT' })
    .setSubject(claims.sub ?? newId('user'))
    .setIssuer(claims.iss ?? 'peermesh-auth')
    .setAudience(claims.aud ?? 'peermesh')
    .setJti(claims.jti ?? randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + (claims.expiresInSeconds ?? 900))
    .sign(keyPair.privateKey);
}

/** Serves {@link testJwks} over HTTP, for services that run as their own process. */
export async function startTestJwksServer(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify(testJwks));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/v1/.well-known/jwks.json`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
