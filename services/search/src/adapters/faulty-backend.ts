import { setTimeout as delay } from 'node:timers/promises';
import type {
  Ack,
  BackendStats,
  Capabilities,
  LegContext,
  LegQuery,
  LegResult,
  SearchBackend,
  VersionedOp,
} from '../ports.ts';

/** What is wrong with a leg. */
export interface Fault {
  readonly mode: 'none' | 'error' | 'hang' | 'delay';
  readonly delayMs?: number;
}

/** A backend whose queries fail, hang or slow down on demand; everything else passes through. For drills and tests. */
export class FaultyBackend implements SearchBackend {
  readonly inner: SearchBackend;
  #fault: Fault = { mode: 'none' };

  constructor(inner: SearchBackend) {
    this.inner = inner;
  }

  get kind(): SearchBackend['kind'] {
    return this.inner.kind;
  }

  set(fault: Fault): void {
    this.#fault = fault;
  }

  async query(query: LegQuery, context: LegContext): Promise<LegResult> {
    const { mode, delayMs = 0 } = this.#fault;
    if (mode === 'error') throw Object.assign(new Error('injected fault'), { code: 'ECONNRESET' });
    if (mode === 'hang' || mode === 'delay') {
      await delay(mode === 'hang' ? 3_600_000 : delayMs, undefined, { signal: context.signal, ref: false }).catch(
        () => {
          throw context.signal.reason as Error;
        },
      );
    }
    return this.inner.query(query, context);
  }

  capabilities(): Capabilities {
    return this.inner.capabilities();
  }

  ensureSchema(): Promise<void> {
    return this.inner.ensureSchema();
  }

  apply(batch: readonly VersionedOp[], upTo: number): Promise<Ack> {
    return this.inner.apply(batch, upTo);
  }

  get(tenantId: string, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.inner.get(tenantId, ids);
  }

  stats(): Promise<BackendStats> {
    return this.inner.stats();
  }

  refresh(): Promise<void> {
    return this.inner.refresh();
  }

  watermark(): number {
    return this.inner.watermark();
  }

  health(): Promise<void> {
    return this.inner.health();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
