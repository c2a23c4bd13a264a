import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';

const FORWARDED_MAX = 20;

/** Tells who is calling. `X-Forwarded-For` counts only as far as trusted proxies wrote it. */
export class ClientAddresses {
  readonly #trusted = new BlockList();
  readonly #trustsAny: boolean;

  /** @param trusted addresses or CIDR blocks of proxies in front of the gateway */
  constructor(trusted: readonly string[]) {
    this.#trustsAny = trusted.length > 0;
    for (const block of trusted) {
      const [address = '', prefix] = block.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      if (prefix === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(prefix), family);
    }
  }

  /** Whether the direct peer is a trusted proxy, so that its forwarding headers may be kept. */
  isTrustedPeer(request: IncomingMessage): boolean {
    return this.#trustsAny && this.#isTrusted(plain(request.socket.remoteAddress ?? ''));
  }

  /** The address of the caller. */
  of(request: IncomingMessage): string {
    const peer = plain(request.socket.remoteAddress ?? '');
    if (!this.#trustsAny || !this.#isTrusted(peer)) return peer;
    const forwarded = request.headers['x-forwarded-for'];
    if (forwarded === undefined) return peer;
    const hops = String(forwarded)
      .split(',', FORWARDED_MAX)
      .map((hop) => plain(hop.trim()));
    let address = peer;
    for (const hop of hops.reverse()) {
      if (isIP(hop) === 0) break;
      address = hop;
      if (!this.#isTrusted(hop)) break;
    }
    return address;
  }

  #isTrusted(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#trusted.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }
}

/** What limits count by: the address, or the /64 network of an IPv6 address, which is one customer. */
export function limitKeyOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = ''] = address.split('::', 1);
  const groups = head === '' ? [] : head.split(':');
  while (groups.length < 4) groups.push('0');
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
