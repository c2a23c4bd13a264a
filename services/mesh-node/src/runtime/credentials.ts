import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RevocationList, type Revocations } from '../identity/index.ts';
import type { TransportCredentials } from '../transport/index.ts';

/** Files in the folder of a node that `mesh ca` makes. */
export const CERTIFICATE_FILE = 'certificate.pem';
export const AUTHORITY_FILE = 'authority.pem';
export const REVOCATIONS_FILE = 'revocations.json';

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificate of a node and whom it believes, from its folder. Null when it has no certificate: then it speaks without
 * TLS, on loopback only.
 * @throws when there is a certificate and nobody who is believed
 */
export function readCredentials(folder: string, meshId: string): TransportCredentials | null {
  const certificate = join(folder, CERTIFICATE_FILE);
  if (!existsSync(certificate)) return null;
  const trustedPem = readFileSync(join(folder, AUTHORITY_FILE), 'utf8').match(PEM) ?? [];
  if (trustedPem.length === 0) throw new Error(`${AUTHORITY_FILE} in ${folder} holds no certificate`);
  const revocations = revocationsIn(join(folder, REVOCATIONS_FILE));
  return {
    meshId,
    certificatePem: readFileSync(certificate, 'utf8'),
    trustedPem,
    isRevoked: (nodeId, serialNumber) => revocations.isRevoked(nodeId, serialNumber),
  };
}

function revocationsIn(path: string): RevocationList {
  return new RevocationList(existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Revocations) : undefined);
}
