import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { issueTestToken, testJwks } from '@peermesh/testkit';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

/** A key set server that adds the testkit's key to those of the fleet, so that a test can sign what the fleet would not. */
export async function startWidenedKeySet(authUrl: () => string): Promise<LoopbackServer> {
  return startLoopbackServer((_request, response) => {
    fetch(`${authUrl()}/api/v1/.well-known/jwks.json`)
      .then((answer) => answer.json() as Promise<{ keys: unknown[] }>)
      .then(
        ({ keys }) => response.end(JSON.stringify({ keys: [...keys, ...testJwks.keys] })),
        () => response.writeHead(503).end(),
      );
  });
}

/**
 * Tokens that must not open anything, by what is wrong with them.
 * @param token a good one, whose claims the forged ones repeat
 */
export async function badTokens(token: string): Promise<Record<string, string | null>> {
  const claims = decodeJwt(token);
  const header = decodeProtectedHeader(token);
  const [head = '', body = '', signature = ''] = token.split('.');
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const same = { sub: String(claims.sub), role: 'admin', sid: String(claims['sid']) };
  return {
    missing: null,
    'no token': 'hello',
    'alg none': `${encode({ alg: 'none', typ: 'JWT' })}.${body}.`,
    'alg none with a signature': `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
    'HMAC with the public key': `${encode({ ...header, alg: 'HS256' })}.${body}.${signature}`,
    'another body under the signature': `${head}.${encode({ ...claims, jti: randomUUID() })}.${signature}`,
    'a cut signature': `${head}.${body}.${signature.slice(0, -4)}`,
    'signed by a stranger under a known kid': await new SignJWT({ ...claims })
      .setProtectedHeader({ ...header, alg: 'EdDSA' })
      .sign(stranger),
    expired: await issueTestToken({ ...same, issuedSecondsAgo: 3_600, expiresInSeconds: 900 }),
    'for another audience': await issueTestToken({ ...same, aud: 'another-fleet' }),
    'from another issuer': await issueTestToken({ ...same, iss: 'somebody' }),
  };
}
