import { type EventData, newId } from '@peermesh/contracts';
import type { DecisionLogged } from '@peermesh/contracts/events';
import type { PeerMeshError } from '@peermesh/errors';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import type { Exchange } from './exchange.ts';

const FLUSH_MS = 500;
const PENDING_MAX = 500;

/** A decision on its way to the audit trail. */
export interface LoggedDecision {
  readonly tenantId: string;
  readonly data: EventData<typeof DecisionLogged>;
}

/** Hands refusals by policy to the audit trail, in batches. A flood beyond the bound is counted and dropped, never awaited. */
export class DecisionLog {
  readonly #store: (decisions: readonly LoggedDecision[]) => Promise<void>;
  readonly #logger: Logger;
  readonly #dropped: { inc(by?: number): void };
  #pending: LoggedDecision[] = [];
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly store: (decisions: readonly LoggedDecision[]) => Promise<void>;
    readonly logger: Logger;
    readonly metrics: MetricsRegistry;
  }) {
    this.#store = options.store;
    this.#logger = options.logger;
    this.#dropped = options.metrics.counter({
      name: 'gateway_decisions_dropped_total',
      help: 'Refusals that did not reach the audit trail.',
    });
  }

  /** A request was refused by the policy of its route. */
  denied(exchange: Exchange, error: PeerMeshError): void {
    const { identity, route, path, clientAddress, requestId } = exchange;
    if (identity === null || route === null || route.policy.access === 'public') return;
    if (this.#pending.length >= PENDING_MAX) return this.#dropped.inc();
    const decisionId = error.occurrence.meta?.['decisionId'];
    this.#pending.push({
      tenantId: identity.principal.tenantId,
      data: {
        decisionId: typeof decisionId === 'string' ? decisionId : newId('decision'),
        kind: 'authorization',
        actor: identity.principal.keyId ?? identity.principal.subject,
        action: route.policy.action,
        resource: path.slice(0, 256),
        allowed: false,
        reason: error.occurrence.internal ?? 'refused',
        service: 'gateway',
        ip: clientAddress,
        requestId,
        occurredAt: new Date().toISOString(),
      },
    });
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** Hands over what is left. */
  async stop(): Promise<void> {
    this.#flush();
    await this.#flushing;
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const batch = this.#pending;
    this.#pending = [];
    if (batch.length === 0) return;
    this.#flushing = this.#store(batch).catch((error: unknown) => {
      this.#dropped.inc(batch.length);
      this.#logger.error({ err: error, decisions: batch.length }, 'decisions did not reach the audit trail');
    });
  }
}
