import { createPublicKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto';
import { calculateJwkThumbprint, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { publicKeyOf } from './node-key.ts';

const ALGORITHM = 'EdDSA';
const TYPE = 'peermesh-join+jwt';

/** Whom a token is for, and how long it holds. */
export interface JoinTokenRequest {
  readonly meshId: string;
  readonly nodeId: string;
  readonly validityMs: number;
  readonly nowMs: number;
}

/** Why a token was not taken. */
export type JoinTokenRefusal =
  | 'token_malformed'
  | 'token_untrusted'
  | 'token_expired'
  | 'token_other_mesh'
  | 'token_other_key';

/**
 * A token that stands for a certificate. It is bound to the node's key by the thumbprint in `cnf` (RFC 7800, RFC 7638): who
 * copies it cannot use it, since the handshake proves the key.
 */
export async function signJoinToken(request: JoinTokenRequest, signingKey: KeyObject): Promise<string> {
  const { meshId, nodeId, validityMs, nowMs } = request;
  const issuedAt = Math.floor(nowMs / 1_000);
  return new SignJWT({ cnf: { jkt: await thumbprintOf(nodeId) } })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: await thumbprintOfKey(createPublicKey(signingKey)) })
    .setSubject(nodeId)
    .setAudience(`mesh:${meshId}`)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.ceil(validityMs / 1_000))
    .sign(signingKey);
}

/** The node that a token is for, or why it is refused. Trusted are the keys in the authorities' certificates. */
export async function verifyJoinToken(
  token: string,
  trust: { readonly meshId: string; readonly trustedPem: readonly string[]; readonly nowMs: number },
): Promise<{ readonly nodeId: string } | { readonly refused: JoinTokenRefusal }> {
  let refused: JoinTokenRefusal = 'token_untrusted';
  for (const pem of trust.trustedPem) {
    try {
      const { payload } = await jwtVerify(token, new X509Certificate(pem).publicKey, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        audience: `mesh:${trust.meshId}`,
        currentDate: new Date(trust.nowMs),
        requiredClaims: ['sub', 'exp', 'cnf'],
      });
      return await boundNode(payload);
    } catch (error) {
      refused = refusalOf(error);
      if (refused !== 'token_untrusted') return { refused };
    }
  }
  return { refused };
}

async function boundNode(payload: JWTPayload): Promise<{ nodeId: string } | { refused: JoinTokenRefusal }> {
  const nodeId = payload.sub ?? '';
  const { jkt } = payload.cnf as { jkt?: unknown };
  return jkt === (await thumbprintOf(nodeId)) ? { nodeId } : { refused: 'token_other_key' };
}

function refusalOf(error: unknown): JoinTokenRefusal {
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'token_untrusted';
  if (error instanceof errors.JWTExpired) return 'token_expired';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') return 'token_other_mesh';
  return 'token_malformed';
}

function thumbprintOf(nodeId: string): Promise<string> {
  return thumbprintOfKey(publicKeyOf(nodeId));
}

function thumbprintOfKey(key: KeyObject): Promise<string> {
  return calculateJwkThumbprint(key.export({ format: 'jwk' }) as { kty: string });
}
