import type { NatsConnection } from '@nats-io/transport-node';
import type { CloudEvent } from '@peermesh/contracts';
import type { Database, Transaction } from '@peermesh/database';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';

/** How a consumer works. */
export interface ConsumerOptions {
  /** Name of the durable consumer, unique in the fleet: `search-extracted`. */
  readonly durable: string;
  /** Transactions at the same time; 8 for single events, 1 for batches. */
  readonly concurrency?: number;
  /** Events in one transaction at most; 100. */
  readonly batchSize?: number;
  /** After so many attempts the event becomes a dead letter; 10. */
  readonly maxAttempts?: number;
  /** Without a sign of life the server delivers again after this; 30 s. */
  readonly ackWaitMs?: number;
}

/** What a handler knows about the delivery. */
export interface ConsumeContext {
  /** Attempt of the first event of the batch; counts from 1. */
  readonly attempt: number;
  readonly log: Logger;
}

/** Handles events inside the transaction of their effect. */
export type BatchHandler<Data> = (
  events: CloudEvent<Data>[],
  // biome-ignore lint/suspicious/noExplicitAny: a consumer works on every schema
  tx: Transaction<any>,
  context: ConsumeContext,
) => Promise<void>;

/** What every consumer of a bus shares. */
export interface ConsumerHost {
  // biome-ignore lint/suspicious/noExplicitAny: a consumer works on every schema
  readonly db: Database<any>;
  readonly module: string;
  readonly nats: NatsConnection;
  readonly logger: Logger;
  readonly metrics?: MetricsRegistry | undefined;
  readonly wakeRelay: () => void;
}

/** Where a consumer's messages come from. */
export interface ConsumerSource {
  readonly stream: string;
  readonly subject: string;
  /** One event in each transaction, of its tenant; else batches in system transactions. */
  readonly perTenant: boolean;
}
