import { Pool } from 'undici';

const EWMA_WEIGHT = 0.2;
const LATENCY_HALF_LIFE_MS = 5000;
const FAILURE_LATENCY_MS = 250;
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
  #measuredAtMs = 0;

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

  /** Expected cost of one more request. What was measured fades, so that an instance is tried again after a bad time. */
  cost(nowMs: number): number {
    const remembered = 2 ** (-(nowMs - this.#measuredAtMs) / LATENCY_HALF_LIFE_MS);
    return (this.latencyMs * remembered + 1) * (this.inFlight + 1);
  }

  /** An answer came. One that says the instance cannot serve counts as slow, or its speed would attract more. */
  answered(latencyMs: number, nowMs: number, isFailure: boolean): void {
    const measuredMs = isFailure ? Math.max(latencyMs, FAILURE_LATENCY_MS) : latencyMs;
    this.latencyMs += EWMA_WEIGHT * (measuredMs - this.latencyMs);
    this.#measuredAtMs = nowMs;
    this.consecutiveFailures = 0;
    this.ejectedUntilMs = 0;
  }

  /** No answer came within the time limit. */
  timedOut(waitedMs: number, nowMs: number): void {
    this.latencyMs = Math.max(this.latencyMs, waitedMs);
    this.#measuredAtMs = nowMs;
  }

  /** A refused or broken connection. Two in a row take the target out for a while, each time for longer. */
  failed(nowMs: number, jitter: number): void {
    this.consecutiveFailures++;
    if (this.consecutiveFailures < EJECT_AFTER) return;
    const backoffMs = Math.min(EJECT_MAX_MS, EJECT_BASE_MS * 2 ** (this.consecutiveFailures - EJECT_AFTER));
    this.ejectedUntilMs = nowMs + backoffMs * (0.5 + jitter / 2);
  }
}
