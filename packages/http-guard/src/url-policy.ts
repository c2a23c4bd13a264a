import { isIP } from 'node:net';
import { httpGuardErrors } from '@peermesh/errors';
import { type AllowList, classifyAddress } from './address-policy.ts';

/** Ports that public web servers use. */
export const DEFAULT_PORTS: readonly number[] = [80, 443, 8080, 8443];

/** What a URL must satisfy before any name is resolved. */
export interface UrlPolicy {
  readonly ports: readonly number[];
  readonly allow: AllowList;
}

/** Checks scheme, credentials, port and, for an address literal, the address. Throws a PeerMeshError of status 422. */
export function assertUrlAllowed(input: string | URL, policy: UrlPolicy): URL {
  const url = parseUrl(input);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw httpGuardErrors.urlInvalid({ detail: 'Only http and https URLs may be called.' });
  }
  if (url.username !== '' || url.password !== '') {
    throw httpGuardErrors.urlInvalid({ detail: 'The URL must not carry a user name or password.' });
  }
  const host = bareHost(url.hostname);
  if (policy.allow.hasHost(host) || policy.allow.hasAddress(host)) return url;
  if (!policy.ports.includes(portOf(url))) {
    throw httpGuardErrors.urlInvalid({ detail: `Port ${portOf(url)} is not allowed.` });
  }
  if (host === 'localhost' || host.endsWith('.localhost')) throw forbidden('loopback');
  if (isIP(host) !== 0) {
    const verdict = classifyAddress(host);
    if (!verdict.allowed) throw forbidden(verdict.range);
  }
  return url;
}

/** The error for an address in a forbidden range; the address itself goes to the log only. */
export function forbidden(range: string, internal?: string): Error {
  return httpGuardErrors.addressForbidden({
    detail: `The address is in the range "${range}".`,
    ...(internal === undefined ? {} : { internal }),
  });
}

/** Host of a URL without brackets and trailing dot. */
export function bareHost(hostname: string): string {
  return hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

function parseUrl(input: string | URL): URL {
  if (input instanceof URL) return input;
  try {
    return new URL(input);
  } catch (cause) {
    throw httpGuardErrors.urlInvalid({ detail: 'The URL does not parse.', cause });
  }
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}
