import type { EventData } from '@peermesh/contracts';
import { DecisionLogged } from '@peermesh/contracts/events';
import type { Database, Transaction } from '@peermesh/database';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';

/** One decision for the append-only log. */
export interface DecisionEntry extends EventData<typeof DecisionLogged> {
  readonly tenantId: string;
}

/** Where an enforcement point reports what it decided. */
export interface DecisionLog {
  /** Never blocks and never throws: entries are collected and written together. */
  record(entry: DecisionEntry): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

/** The part of the bus that a decision log needs. */
export interface DecisionPublisher {
  publishMany(
    tx: Transaction<any>,
    event: typeof DecisionLogged,
    items: readonly { data: EventData<typeof DecisionLogged>; tenantId: string; partitionKey: string }[],
  ): Promise<unknown>;
}

const PENDING_MAX = 10_000;
const BATCH_MAX = 200;
const DELAY_MS = 200;

/**
 * Reports decisions as `auth.decision_logged` through the service's outbox, at most every 200 ms. When the database is away
 * up to 10,000 entries wait; beyond that the oldest are dropped and counted in `authz_decisions_dropped_total`.
 */
export function createDecisionLog<Schema>(options: {
  readonly db: Database<Schema>;
  readonly bus: DecisionPublisher;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}): DecisionLog {
  const dropped = options.metrics.counter({
    name: 'authz_decisions_dropped_total',
    help: 'Decisions that could not be logged because the queue was full.',
  });
  let pending: DecisionEntry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const flush = async (): Promise<void> => {
    const batch = pending.slice(0, BATCH_MAX);
    if (batch.length === 0) return;
    const items = batch.map(({ tenantId, ...data }) => ({ data, tenantId, partitionKey: data.actor ?? tenantId }));
    await options.db.system((tx) => options.bus.publishMany(tx, DecisionLogged, items));
    pending = pending.slice(batch.length);
    if (pending.length > 0) await flush();
  };
  const schedule = (delayMs: number): void => {
    timer ??= setTimeout(() => {
      writing = flush().then(
        () => {
          timer = undefined;
          if (pending.length > 0) schedule(DELAY_MS);
        },
        (error: unknown) => {
          options.logger.warn({ err: error, waiting: pending.length }, 'decisions cannot be logged now');
          timer = undefined;
          schedule(5_000);
        },
      );
    }, delayMs).unref();
  };
  return {
    record(entry) {
      if (pending.length >= PENDING_MAX) {
        dropped.inc();
        return;
      }
      pending.push(entry);
      schedule(DELAY_MS);
    },
    async close() {
      clearTimeout(timer);
      await writing;
      await flush().catch((error: unknown) => options.logger.error({ err: error }, 'decisions were lost at shutdown'));
    },
  };
}
