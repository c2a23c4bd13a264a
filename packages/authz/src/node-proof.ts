import type { KeyObject } from 'node:crypto';
import { decodeJwt, importJWK, jwtVerify, SignJWT } from 'jose';

const ALGORITHM = 'EdDSA';
const TYPE = 'peermesh-node+jwt';
const VALIDITY_SECONDS = 120;
/** Clocks of two machines may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 300;
const NODE_ID_PATTERN = /^[A-Za-z0-9_-]{43}$/;

/** Which member of which mesh a node says it is. Its id is its Ed25519 public key in base64url. */
export interface NodeProofClaims {
  readonly meshId: string;
  readonly nodeId: string;
  readonly shortId: number;
}

/**
 * A token by which a mesh node proves to a service that it holds the key that it is, without any other account: a JWT
 * (RFC 7519) that is signed with that key (EdDSA, RFC 8037), holds for two minutes, and is good for one service only.
 * @param audience name of the service
 */
export function signNodeProof(claims: NodeProofClaims, audience: string, key: KeyObject, now: Date): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1_000);
  return new SignJWT({ mesh: claims.meshId })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
    .setIssuer(claims.nodeId)
    .setSubject(String(claims.shortId))
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + VALIDITY_SECONDS)
    .sign(key);
}

/**
 * What a proof says when it is signed by the key that it names, for this service and for now (give or take five minutes of
 * clock); null otherwise. That the key is a member of the mesh is the caller's to look up.
 */
export async function verifyNodeProof(proof: string, audience: string, now: Date): Promise<NodeProofClaims | null> {
  try {
    const { iss: nodeId = '' } = decodeJwt(proof);
    if (!NODE_ID_PATTERN.test(nodeId)) return null;
    const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: nodeId }, ALGORITHM);
    const { payload } = await jwtVerify(proof, key, {
      algorithms: [ALGORITHM],
      typ: TYPE,
      audience,
      currentDate: now,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      maxTokenAge: VALIDITY_SECONDS,
      requiredClaims: ['sub', 'mesh', 'exp', 'iat'],
    });
    const shortId = Number(payload.sub);
    const meshId = payload['mesh'];
    return typeof meshId === 'string' && Number.isInteger(shortId) ? { meshId, nodeId, shortId } : null;
  } catch {
    return null;
  }
}
