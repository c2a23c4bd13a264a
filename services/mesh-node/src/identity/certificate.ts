import 'reflect-metadata';
import { type KeyObject, randomBytes, type webcrypto, X509Certificate } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ED25519 = { name: 'Ed25519' };
/**
 * A certificate is valid from so long before it was issued: a node whose clock is an hour behind takes at once what an
 * authority issued whose clock is an hour ahead.
 */
const CLOCK_SKEW_MS = 3 * 60 * 60 * 1_000;
const SERIAL_BYTES = 16;

/** What a certificate is to say. */
export interface CertificateRequest {
  /** Common name. */
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly validityMs: number;
  readonly nowMs: number;
}

/** Who signs, and its certificate. */
export interface Issuer {
  readonly privateKey: KeyObject;
  readonly certificatePem: string;
}

/** A certificate of an authority, signed by itself; it may sign nodes and no further authority. */
export async function createAuthorityCertificate(request: CertificateRequest, privateKey: KeyObject): Promise<string> {
  const publicKey = cryptoKey(request.publicKey, 'verify');
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...terms(request),
    name: `CN=${request.name}`,
    signingAlgorithm: ED25519,
    keys: { publicKey, privateKey: cryptoKey(privateKey, 'sign') },
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return certificate.toString('pem');
}

/** A certificate of a node for both ends of mutual TLS; its public key is the node's identity. */
export async function createNodeCertificate(request: CertificateRequest, issuer: Issuer): Promise<string> {
  const publicKey = cryptoKey(request.publicKey, 'verify');
  const authority = new X509Certificate(issuer.certificatePem);
  const certificate = await X509CertificateGenerator.create({
    ...terms(request),
    subject: `CN=${request.name}`,
    issuer: authority.subject,
    signingAlgorithm: ED25519,
    publicKey,
    signingKey: cryptoKey(issuer.privateKey, 'sign'),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(cryptoKey(authority.publicKey, 'verify')),
    ],
  });
  return certificate.toString('pem');
}

function terms({ validityMs, nowMs }: CertificateRequest): { serialNumber: string; notBefore: Date; notAfter: Date } {
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  return {
    serialNumber: serial.toString('hex'),
    notBefore: new Date(nowMs - CLOCK_SKEW_MS),
    notAfter: new Date(nowMs + validityMs),
  };
}

function cryptoKey(key: KeyObject, usage: 'sign' | 'verify'): webcrypto.CryptoKey {
  return key.toCryptoKey(ED25519, true, [usage]);
}
