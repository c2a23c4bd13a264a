import { LANES_MAX } from '@peermesh/link';
import type { TransportSettings } from './settings.ts';

/** An address of a transport, taken apart. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `<scheme>://host:port`; null for anything else, such as one without a port or with a path. */
export function parseAddress(address: string, scheme: string): NodeAddress | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  const rest = url.pathname === '/' || url.pathname === '' ? url.search + url.hash + url.username : 'path';
  if (url.protocol !== `${scheme}:` || rest !== '' || url.hostname === '') return null;
  const port = url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port);
  return port === undefined ? null : { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { ws: 80, wss: 443 };

export function formatAddress(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A lane number in text; null for anything else. */
export function parseLane(text: string | undefined): number | null {
  const lane = /^\d{1,2}$/.test(text ?? '') ? Number(text) : LANES_MAX;
  return lane < LANES_MAX ? lane : null;
}

/** The ways to a node that listens in several places; between them is a space. */
export function waysOf(address: string): string[] {
  return address.split(' ').filter((way) => way !== '');
}

/** Where to listen; throws when that cannot be: without certificates it is loopback or nowhere. */
export function checkListen(
  listen: string,
  scheme: string,
  credentials: TransportSettings['credentials'],
): NodeAddress {
  const address = parseAddress(listen, scheme);
  if (address === null) throw new Error(`not an address to listen on for ${scheme}: ${listen}`);
  if (credentials === null && !isLoopback(address.host))
    throw new Error(`without certificates nodes listen on loopback only, not on ${address.host}`);
  if (credentials !== null && credentials.certificatePem === undefined)
    throw new Error('a node that listens needs a certificate');
  return address;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
