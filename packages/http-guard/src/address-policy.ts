import ipaddr from 'ipaddr.js';

/** Whether an address may be called, and if not, the name of the range that forbids it. */
export type AddressVerdict = { readonly allowed: true } | { readonly allowed: false; readonly range: string };

/** Hosts and networks that an operator has opened in spite of the address policy. */
export interface AllowList {
  hasHost(hostname: string): boolean;
  hasAddress(address: string): boolean;
}

const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3');
const NAT64_V6 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * Decides by the IANA special-purpose registries. Only global unicast passes. IPv6 forms that carry an IPv4 address
 * (mapped, NAT64) are judged by that address; tunnels (6to4, Teredo) and everything outside 2000::/3 are refused.
 */
export function classifyAddress(address: string): AddressVerdict {
  if (!ipaddr.isValid(address)) return { allowed: false, range: 'invalid' };
  const parsed = ipaddr.parse(address);
  return parsed.kind() === 'ipv4' ? classifyV4(parsed as ipaddr.IPv4) : classifyV6(parsed as ipaddr.IPv6);
}

function classifyV4(address: ipaddr.IPv4): AddressVerdict {
  const range = address.range();
  return range === 'unicast' ? { allowed: true } : { allowed: false, range };
}

function classifyV6(address: ipaddr.IPv6): AddressVerdict {
  if (address.isIPv4MappedAddress()) return classifyV4(address.toIPv4Address());
  if (address.match(NAT64_V6)) return classifyV4(new ipaddr.IPv4(address.toByteArray().slice(12)));
  const range = address.range();
  if (range !== 'unicast') return { allowed: false, range };
  return address.match(GLOBAL_UNICAST_V6) ? { allowed: true } : { allowed: false, range: 'reserved' };
}

/**
 * Reads an operator's list: host names (`feeds.internal`), name suffixes (`*.internal`), addresses and networks
 * (`127.0.0.1`, `10.1.0.0/16`, `::1`). Throws a TypeError that names the first entry it cannot read.
 */
export function parseAllowHosts(entries: readonly string[]): AllowList {
  const names = new Set<string>();
  const suffixes: string[] = [];
  const networks: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];
  for (const raw of entries) {
    const entry = raw.trim().toLowerCase();
    if (entry === '') continue;
    if (entry.includes('/')) networks.push(networkOf(entry));
    else if (ipaddr.isValid(entry)) networks.push(wholeAddress(entry));
    else if (/^\*\.[a-z0-9.-]+$/.test(entry)) suffixes.push(entry.slice(1));
    else if (/^[a-z0-9._-]+$/.test(entry)) names.add(entry);
    else throw new TypeError(`not a host, address or network: ${entry}`);
  }
  return {
    hasHost: (hostname) => names.has(hostname) || suffixes.some((suffix) => hostname.endsWith(suffix)),
    hasAddress: (address) => {
      if (networks.length === 0 || !ipaddr.isValid(address)) return false;
      const parsed = ipaddr.process(address);
      return networks.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits));
    },
  };
}

function networkOf(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  try {
    return ipaddr.parseCIDR(entry);
  } catch (cause) {
    throw new TypeError(`not a network: ${entry}`, { cause });
  }
}

function wholeAddress(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const address = ipaddr.process(entry);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
