import type { Leg, LegReason, LegReport, LegStatus } from '@peermesh/contracts/search';
import type { LogProgress } from '../domain/log-progress.ts';
import { untilAborted } from '../domain/until-aborted.ts';
import type { LegContext, LegQuery, LegResult } from '../ports.ts';
import type { RunningBackend } from '../projection/generation-registry.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { Breaker } from './breaker.ts';
import type { SearchMetrics } from './search-metrics.ts';

/** How one leg ended. */
export interface LegOutcome {
  readonly report: LegReport;
  readonly result: LegResult | null;
}

/** Thrown into a leg whose time is over. */
export class DeadlinePassed extends Error {
  constructor() {
    super('the deadline of the leg has passed');
    this.name = 'DeadlinePassed';
  }
}

const CONCURRENCY_MAX: Readonly<Record<Leg, number>> = { keyword: 256, vector: 256, graph: 64, time: 64 };
const CONCURRENCY_MIN = 8;
const CONCURRENCY_BACKOFF = 0.9;

interface Guard {
  readonly breaker: Breaker;
  readonly limit: AdaptiveLimit;
}

/** Runs legs behind a breaker and an adaptive limit of concurrency for each backend generation. */
export class LegRunner {
  readonly #metrics: SearchMetrics;
  readonly #now: () => number;
  readonly #progress: LogProgress;
  readonly #guards = new Map<string, Guard>();

  constructor(metrics: SearchMetrics, now: () => number, progress: LogProgress) {
    this.#metrics = metrics;
    this.#now = now;
    this.#progress = progress;
  }

  /** Never rejects: what goes wrong is in the report. */
  async run(running: RunningBackend, query: LegQuery, context: LegContext): Promise<LegOutcome> {
    const guard = this.#guardOf(running);
    const startedAt = performance.now();
    const finish = (status: LegStatus, reason: LegReason | undefined, result: LegResult | null): LegOutcome =>
      this.#outcome(running, status, reason, result, performance.now() - startedAt);
    if (!guard.limit.acquire()) return finish('error', 'overloaded', null);
    let load: 'in_time' | 'late' | 'other' = 'other';
    try {
      if (!guard.breaker.admit()) return finish('circuit_open', 'breaker', null);
      const result = await untilAborted(running.backend.query(query, context), context.signal);
      guard.breaker.record(false);
      load = 'in_time';
      if (result.partial) return finish('partial', result.partialReason ?? 'internal', result);
      const isBehind = this.#progress.isBehind(result.watermark, this.#now());
      return isBehind ? finish('stale', 'behind', result) : finish('ok', undefined, result);
    } catch (error) {
      if (context.signal.aborted && !(context.signal.reason instanceof DeadlinePassed)) {
        guard.breaker.release();
        return finish('timeout', 'deadline', null);
      }
      guard.breaker.record(true);
      if (context.signal.aborted || isStatementTimeout(error)) {
        load = 'late';
        return finish('timeout', 'deadline', null);
      }
      return finish('error', isConnection(error) ? 'connection' : 'internal', null);
    } finally {
      guard.limit.release(load);
    }
  }

  #outcome(
    running: RunningBackend,
    status: LegStatus,
    reason: LegReason | undefined,
    result: LegResult | null,
    tookMs: number,
  ): LegOutcome {
    const { generation } = running;
    this.#metrics.leg(
      generation.kind,
      generation.impl,
      generation.generation,
      status,
      tookMs / 1000,
      result?.hits.length ?? 0,
    );
    if (status !== 'ok') this.#metrics.degraded(generation.kind, reason ?? 'internal');
    return {
      result,
      report: {
        status,
        ...(reason === undefined ? {} : { reason }),
        impl: generation.impl,
        generation: generation.generation,
        tookMs: round(tookMs),
        ...(result === null
          ? {}
          : { hits: result.hits.length, exhaustive: result.exhaustive, watermark: result.watermark }),
      },
    };
  }

  #guardOf({ generation }: RunningBackend): Guard {
    const key = `${generation.kind}/${generation.generation}`;
    let guard = this.#guards.get(key);
    if (guard === undefined) {
      const breaker = new Breaker(this.#now, (state) =>
        this.#metrics.breaker(generation.kind, generation.generation, state),
      );
      const limit = new AdaptiveLimit({
        min: CONCURRENCY_MIN,
        max: CONCURRENCY_MAX[generation.kind],
        backoff: CONCURRENCY_BACKOFF,
      });
      guard = { breaker, limit };
      this.#guards.set(key, guard);
    }
    return guard;
  }
}

function isStatementTimeout(error: unknown): boolean {
  return codeOf(error) === '57014';
}

function isConnection(error: unknown): boolean {
  const code = codeOf(error);
  return /^(ECONN|EPIPE|ETIMEDOUT|57P|08|PM_COMMON_UNAVAILABLE)/.test(code);
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? codeOf(error.cause) : '';
}

/** Milliseconds with two decimals. */
export function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
