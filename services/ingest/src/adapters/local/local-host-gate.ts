import type { Clock, HostGate } from '../../ports.ts';

interface HostState {
  active: number;
  nextAt: number;
}

/** Limits of a host gate. */
export interface HostGateOptions {
  readonly concurrencyPerHost: number;
  /** A permit that was not released (a crash) is given back after this long. */
  readonly permitTtlMs: number;
}

const HOSTS_MAX = 10_000;

/** A host gate for one process: bounded concurrency per host and a least distance between the starts of two fetches. */
export function createLocalHostGate(options: HostGateOptions, clock: Clock): HostGate {
  const hosts = new Map<string, HostState>();
  return {
    acquire: async (host, minDelayMs) => {
      const now = clock().getTime();
      const state = hosts.get(host) ?? { active: 0, nextAt: 0 };
      if (now < state.nextAt) return { granted: false, waitMs: state.nextAt - now };
      if (state.active >= options.concurrencyPerHost) return { granted: false, waitMs: Math.max(minDelayMs, 250) };
      state.active += 1;
      state.nextAt = now + minDelayMs;
      if (hosts.size >= HOSTS_MAX) forgetIdle(hosts, now);
      hosts.set(host, state);
      let isReleased = false;
      return {
        granted: true,
        release: async () => {
          if (isReleased) return;
          isReleased = true;
          state.active -= 1;
        },
      };
    },
    close: async () => hosts.clear(),
  };
}

function forgetIdle(hosts: Map<string, HostState>, now: number): void {
  for (const [host, state] of hosts) if (state.active === 0 && state.nextAt <= now) hosts.delete(host);
}
