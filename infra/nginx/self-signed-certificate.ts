import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 365;
const RENEW_BEFORE_DAYS = 30;

export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A certificate for localhost, made at the first call and again before it ends. For one machine only. */
export async function ensureSelfSignedCertificate(folder: string): Promise<CertificateFiles> {
  const files = { certificateFile: join(folder, 'tls-certificate.pem'), keyFile: join(folder, 'tls-key.pem') };
  if (existsSync(files.certificateFile) && existsSync(files.keyFile) && !endsSoon(files.certificateFile)) return files;
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + LIFETIME_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  writeFileSync(files.keyFile, key, { mode: 0o600 });
  writeFileSync(files.certificateFile, cert, { mode: 0o644 });
  return files;
}

function endsSoon(certificateFile: string): boolean {
  const { validTo } = new X509Certificate(readFileSync(certificateFile));
  return Date.parse(validTo) - Date.now() < RENEW_BEFORE_DAYS * DAY_MS;
}
