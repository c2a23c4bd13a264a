import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeIdOf, RevocationList, type Revocations } from '../identity/index.ts';

/** Files in the folder of a node that `mesh ca` makes. */
export const CERTIFICATE_FILE = 'certificate.pem';
export const AUTHORITY_FILE = 'authority.pem';
export const REVOCATIONS_FILE = 'revocations.json';
/** The key that the node is; beside them, made by the node or by `mesh ca prepare`. */
export const NODE_KEY_FILE = 'node-key.pem';

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificate of a node and whom it believes, as its folder holds them. */
export interface NodeCredentials {
  readonly certificatePem: string;
  /** Upper-case hex. */
  readonly serialNumber: string;
  readonly nodeId: string;
  /** Unix time. */
  readonly beginsAtMs: number;
  readonly expiresAtMs: number;
  readonly trustedPem: readonly string[];
  /** When the first of the trusted authorities ends, Unix time. */
  readonly authorityExpiresAtMs: number;
  readonly revocations: Revocations;
}

/**
 * What the folder holds; null without a certificate: then the node speaks without TLS, on loopback only.
 * @throws when there is a certificate and nobody who is believed, and when a file is not what it should be
 */
export function readCredentials(folder: string): NodeCredentials | null {
  const path = join(folder, CERTIFICATE_FILE);
  if (!existsSync(path)) return null;
  const trustedPem = readFileSync(join(folder, AUTHORITY_FILE), 'utf8').match(PEM) ?? [];
  if (trustedPem.length === 0) throw new Error(`${AUTHORITY_FILE} in ${folder} holds no certificate`);
  const certificatePem = readFileSync(path, 'utf8');
  const certificate = new X509Certificate(certificatePem);
  const authorities = trustedPem.map((pem) => new X509Certificate(pem).validToDate.getTime());
  return {
    certificatePem,
    serialNumber: certificate.serialNumber,
    nodeId: nodeIdOf(certificate.publicKey),
    beginsAtMs: certificate.validFromDate.getTime(),
    expiresAtMs: certificate.validToDate.getTime(),
    trustedPem,
    authorityExpiresAtMs: Math.min(...authorities),
    revocations: revocationsIn(join(folder, REVOCATIONS_FILE)),
  };
}

/** Why a node cannot use these, in words; null when it can. */
export function credentialFlaw(credentials: NodeCredentials, nodeId: string, nowMs: number): string | null {
  const { certificatePem, trustedPem } = credentials;
  if (credentials.nodeId !== nodeId) return `${CERTIFICATE_FILE} is of node ${credentials.nodeId}`;
  const certificate = new X509Certificate(certificatePem);
  const isTrusted = trustedPem.some((pem) => certificate.verify(new X509Certificate(pem).publicKey));
  if (!isTrusted) return `${CERTIFICATE_FILE} is of none of the authorities in ${AUTHORITY_FILE}`;
  if (credentials.expiresAtMs <= nowMs) return `${CERTIFICATE_FILE} has expired`;
  if (credentials.beginsAtMs > nowMs)
    return `${CERTIFICATE_FILE} is not valid before ${new Date(credentials.beginsAtMs).toISOString()}: set the clock of this machine`;
  return null;
}

function revocationsIn(path: string): Revocations {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : null;
  return new RevocationList(text === null ? undefined : (JSON.parse(text) as Revocations)).toJSON();
}
