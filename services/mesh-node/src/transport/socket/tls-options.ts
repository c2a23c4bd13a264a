import type { SecureContextOptions } from 'node:tls';
import type { NodeKey } from '../../identity/index.ts';
import type { TransportCredentials } from '../port.ts';

/** What is spoken inside of TLS, by its ALPN name (RFC 7301). */
export type InnerProtocol = 'http/1.1' | 'h2';

/** TLS 1.3 alone, with the node's own key; both sides show a certificate, and who it is is decided afterwards in one place. */
export function secureContextOptions(key: NodeKey, credentials: TransportCredentials): SecureContextOptions {
  const { certificatePem, trustedPem } = credentials;
  return {
    minVersion: 'TLSv1.3',
    ca: [...trustedPem],
    ...(certificatePem === undefined ? {} : { cert: certificatePem, key: key.privateKeyPem }),
  };
}
