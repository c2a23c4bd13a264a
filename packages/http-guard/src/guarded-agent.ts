import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { httpGuardErrors } from '@peermesh/errors';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { type AllowList, classifyAddress, parseAllowHosts } from './address-policy.ts';
import { assertUrlAllowed, bareHost, DEFAULT_PORTS, forbidden } from './url-policy.ts';

/** Resolves a name to all of its addresses. */
export type HostResolver = (hostname: string) => Promise<readonly { address: string; family: 4 | 6 }[]>;

/** Options of {@link createGuardedAgent}. */
export interface GuardedAgentOptions {
  /** Hosts, `*.suffixes`, addresses and networks that may be called although they are private. Empty in production. */
  readonly allowHosts?: readonly string[];
  /** Ports that may be called; allowed hosts are free of this. Default {@link DEFAULT_PORTS}. */
  readonly ports?: readonly number[];
  readonly connectTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  readonly bodyTimeoutMs?: number;
  /** Connections per origin. */
  readonly connections?: number;
  readonly keepAliveTimeoutMs?: number;
  /** Name resolution; the operating system's by default. */
  readonly resolve?: HostResolver;
}

/**
 * An undici dispatcher that only connects to public addresses. Each connection resolves its host once, checks every
 * address of the answer, and connects to one that was checked, so a name that changes between check and use gains
 * nothing. Redirects are not followed; whoever follows one dispatches again and is checked again. Refusals reject with
 * a PeerMeshError (`PM_HTTP_GUARD_*`). The caller owns the agent and closes it.
 */
export function createGuardedAgent(options: GuardedAgentOptions = {}): Dispatcher {
  const allow = parseAllowHosts(options.allowHosts ?? []);
  const policy = { allow, ports: options.ports ?? DEFAULT_PORTS };
  const connectBase = buildConnector({
    timeout: options.connectTimeoutMs ?? 5_000,
    lookup: guardedLookup(allow, options.resolve ?? resolveBySystem),
    autoSelectFamily: true,
  });
  const connect: buildConnector.connector = (target, callback) => {
    const host = bareHost(target.hostname);
    if (isIP(host) !== 0 && !isOpen(host, host, allow)) {
      callback(forbidden(rangeOf(host), host), null);
      return;
    }
    connectBase(target, (...result: unknown[]) => {
      const [error, socket] = result as [Error | null, Socket | null];
      if (error !== null || socket === null) {
        callback(error ?? new Error('connection failed'), null);
        return;
      }
      const peer = socket.remoteAddress;
      if (peer !== undefined && !isOpen(host, peer, allow)) {
        socket.destroy();
        callback(forbidden(rangeOf(peer), peer), null);
        return;
      }
      callback(null, socket);
    });
  };
  const agent = new Agent({
    connect,
    connections: options.connections ?? 8,
    headersTimeout: options.headersTimeoutMs ?? 15_000,
    bodyTimeout: options.bodyTimeoutMs ?? 15_000,
    keepAliveTimeout: options.keepAliveTimeoutMs ?? 4_000,
  });
  return agent.compose((dispatch) => (request, handler) => {
    assertUrlAllowed(String(request.origin), policy);
    return dispatch(request, handler);
  });
}

function guardedLookup(allow: AllowList, resolve: HostResolver): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    const fail = (error: Error): void => callback(error as NodeJS.ErrnoException, '', 0);
    resolve(hostname).then(
      (addresses) => {
        const first = addresses[0];
        if (first === undefined) return fail(httpGuardErrors.hostUnresolvable({ internal: hostname }));
        const bad = addresses.find(({ address }) => !isOpen(bareHost(hostname), address, allow));
        if (bad !== undefined) return fail(forbidden(rangeOf(bad.address), `${hostname} -> ${bad.address}`));
        if (lookupOptions.all === true) return callback(null, addresses as LookupAddress[]);
        return callback(null, first.address, first.family);
      },
      (cause: unknown) => fail(httpGuardErrors.hostUnresolvable({ internal: hostname, cause })),
    );
  };
}

function isOpen(host: string, address: string, allow: AllowList): boolean {
  return allow.hasHost(host) || allow.hasAddress(address) || classifyAddress(address).allowed;
}

function rangeOf(address: string): string {
  const verdict = classifyAddress(address);
  return verdict.allowed ? 'unicast' : verdict.range;
}

const resolveBySystem: HostResolver = (hostname) =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true, verbatim: true }, (error, addresses) => {
      if (error !== null) reject(error);
      else resolve(addresses as { address: string; family: 4 | 6 }[]);
    });
  });
