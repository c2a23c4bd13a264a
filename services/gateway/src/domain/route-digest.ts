import { createHash } from 'node:crypto';
import type { RouteConfig } from '@peermesh/contracts/gateway';
import canonicalize from 'canonicalize';

/** The identity of a route table: SHA-256 of its canonical JSON (RFC 8785). */
export function routeDigest(config: RouteConfig): string {
  const canonical = canonicalize(config);
  if (canonical === undefined) throw new TypeError('a route table is a JSON object');
  return createHash('sha256').update(canonical).digest('hex');
}
