import { Pool } from 'undici';

const EWMA_WEIGHT = 0.2;
const EJECT_AFTER = 2;
const EJECT_BASE_MS = 500;
const EJECT_MAX_MS = 30_000;

/** Connection settings of every target. */
export interface TargetOptions {
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
}

/** One instance of a service: its connections, its load, and whether it is worth trying. */
export class UpstreamTarget {
  readonly url: string;
  readonly pool: Pool;
  inFlight = 0;
  latencyMs = 0;
  consecutiveFailures = 0;
  ejectedUntilMs = 0;

  constructor(url: string, options: TargetOptions) {
    this.url = url;
    this.pool = new Pool(url, {
      connections: options.connectionsMax,
      pipelining: 1,
      connect: { timeout: options.connectTimeoutMs },
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 60_000,
    });
  }

  /** Expected cost of one more request. */
  get cost(): number {
    return (this.latencyMs + 1) * (this.inFlight + 1);
  }

  succeeded(latencyMs: number): void {
    this.latencyMs += EWMA_WEIGHT * (latencyMs - this.latencyMs);
    this.consecutiveFailures = 0;
    this.ejectedUntilMs = 0;
  }

  /** A refused or broken connection. Two in a row take the target out for a while, each time for longer. */
  failed(nowMs: number, jitter: number): void {
    this.consecutiveFailures++;
    if (this.consecutiveFailures < EJECT_AFTER) return;
    const backoffMs = Math.min(EJECT_MAX_MS, EJECT_BASE_MS * 2 ** (this.consecutiveFailures - EJECT_AFTER));
    this.ejectedUntilMs = nowMs + backoffMs * (0.5 + jitter / 2);
  }
}
