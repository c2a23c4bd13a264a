import { AckPolicy, DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { CloudEvent, EventDefinition, EventEnvelope } from '@peermesh/contracts';
import type { Database, Transaction } from '@peermesh/database';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import { DURATION_BUCKETS_SECONDS } from '@peermesh/telemetry';
import pg from 'pg';
import { storeDeadLetter } from './dead-letter-store.ts';
import { type EventHeaders, fromHeaders } from './envelope.ts';
import { codecOf } from './event-codec.ts';
import { retryDelayMs, verdictOn } from './failure.ts';

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

interface Delivery {
  readonly message: JsMsg;
  readonly event: CloudEvent;
  readonly attempt: number;
}

const INBOX_OK = 'done';

/**
 * A durable pull consumer with the inbox: an event has its effect once, however often it is delivered. Handled failures are
 * delayed with jitter, never returned at once; what cannot succeed becomes a dead letter in the same transaction that
 * closes its inbox row.
 */
export class InboxConsumer {
  readonly #host: ConsumerHost;
  readonly #event: EventDefinition;
  readonly #stream: string;
  readonly #subject: string;
  readonly #options: Required<ConsumerOptions>;
  readonly #handle: BatchHandler<never>;
  readonly #perTenant: boolean;
  readonly #inbox: string;
  readonly #queue: JsMsg[] = [];
  readonly #held = new Set<JsMsg>();
  #arrived: (() => void) | null = null;
  #stopping = false;
  #stopPulling: (() => void) | null = null;
  #running: Promise<unknown> | null = null;

  constructor(
    host: ConsumerHost,
    event: EventDefinition,
    options: ConsumerOptions,
    handle: BatchHandler<never>,
    source: { readonly stream: string; readonly subject: string; readonly perTenant: boolean },
  ) {
    this.#host = host;
    this.#event = event;
    this.#handle = handle;
    this.#stream = source.stream;
    this.#subject = source.subject;
    this.#perTenant = source.perTenant;
    this.#options = {
      durable: options.durable,
      concurrency: options.concurrency ?? (source.perTenant ? 8 : 1),
      batchSize: source.perTenant ? 1 : (options.batchSize ?? 100),
      maxAttempts: options.maxAttempts ?? 10,
      ackWaitMs: options.ackWaitMs ?? 30_000,
    };
    this.#inbox = `${pg.escapeIdentifier(host.db.schema)}.${pg.escapeIdentifier(`${host.module}_inbox`)}`;
  }

  start(): void {
    this.#running ??= Promise.all([
      this.#pull(),
      this.#keepAlive(),
      ...Array.from({ length: this.#options.concurrency }, () => this.#work()),
    ]);
  }

  /** Stops pulling, lets running handlers finish, and gives the rest back to the server. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopPulling?.();
    for (const message of this.#queue.splice(0)) {
      this.#held.delete(message);
      message.nak(10);
    }
    this.#arrived?.();
    await this.#running;
  }

  async #pull(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#ensureConsumer();
        const consumer = await jetstream(this.#host.nats).consumers.get(this.#stream, this.#options.durable);
        const messages = await consumer.consume({
          max_messages: Math.max(2, this.#options.batchSize * this.#options.concurrency * 2),
          expires: 10_000,
          idle_heartbeat: 2_000,
          abort_on_missing_resource: true,
        });
        this.#stopPulling = () => messages.stop();
        if (this.#stopping) messages.stop();
        void this.#watch(messages);
        for await (const message of messages) {
          if (this.#stopping) {
            message.nak(10);
            continue;
          }
          this.#queue.push(message);
          this.#held.add(message);
          this.#arrived?.();
        }
      } catch (error) {
        if (!this.#stopping)
          this.#host.logger.warn(
            { err: error, consumer: this.#options.durable },
            'consumer lost its stream; it starts again',
          );
      }
      if (!this.#stopping) await this.#pause(500);
    }
  }

  /** Ends a pull whose heartbeats have stopped although the connection is up: the loop makes a new one. */
  async #watch(messages: { status(): AsyncIterable<{ type: string; count?: number }>; stop(): void }): Promise<void> {
    for await (const status of messages.status()) {
      if (status.type === 'consumer_deleted' || (status.type === 'heartbeats_missed' && (status.count ?? 0) >= 3))
        messages.stop();
    }
  }

  async #ensureConsumer(): Promise<void> {
    const manager = await jetstreamManager(this.#host.nats);
    const { durable, ackWaitMs, batchSize, concurrency } = this.#options;
    const wanted = {
      ack_wait: ackWaitMs * 1_000_000,
      max_ack_pending: Math.max(1_000, batchSize * concurrency * 4),
      filter_subject: this.#subject,
    };
    const known = await manager.consumers.info(this.#stream, durable).catch(() => null);
    if (known === null) {
      await manager.consumers.add(this.#stream, {
        durable_name: durable,
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        max_deliver: -1,
        ...wanted,
      });
    } else if (known.config.ack_wait !== wanted.ack_wait || known.config.max_ack_pending !== wanted.max_ack_pending) {
      await manager.consumers.update(this.#stream, durable, { ...known.config, ...wanted });
    }
  }

  /** Tells the server that held messages are being worked on. */
  async #keepAlive(): Promise<void> {
    while (!this.#stopping || this.#held.size > 0) {
      await this.#pause(Math.min(this.#options.ackWaitMs / 3, 5_000));
      for (const message of this.#held) message.working();
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        clearInterval(check);
        resolve();
      }, ms);
      const check = setInterval(() => {
        if (!this.#stopping) return;
        clearTimeout(timer);
        clearInterval(check);
        resolve();
      }, 100);
    });
  }

  async #work(): Promise<void> {
    while (!this.#stopping) {
      const batch = this.#queue.splice(0, this.#options.batchSize);
      if (batch.length === 0) {
        await this.#arrival();
        continue;
      }
      try {
        await this.#process(batch);
      } catch (error) {
        this.#host.logger.warn(
          { err: error, consumer: this.#options.durable },
          'a batch could not be settled; it comes again',
        );
        for (const message of batch) message.nak(retryDelayMs(message.info.deliveryCount));
      } finally {
        for (const message of batch) this.#held.delete(message);
      }
    }
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      const previous = this.#arrived;
      this.#arrived = () => {
        this.#arrived = null;
        previous?.();
        resolve();
      };
    });
  }

  async #process(messages: JsMsg[]): Promise<void> {
    const deliveries: Delivery[] = [];
    for (const message of messages) {
      const opened = this.#open(message);
      if ('refused' in opened) await this.#bury(message, 'PM_MESSAGING_SCHEMA', opened.refused);
      else if (opened.attempt > this.#options.maxAttempts)
        await this.#bury(message, 'PM_MESSAGING_EXHAUSTED', 'every attempt ended without an answer');
      else deliveries.push(opened);
    }
    if (deliveries.length > 0) await this.#attempt(deliveries);
  }

  #open(message: JsMsg): Delivery | { readonly refused: string } {
    const envelope = fromHeaders(message.headers);
    if ('missing' in envelope) return { refused: `the header ${envelope.missing} is missing` };
    if (!UUID.test(envelope.id)) return { refused: 'ce-id is not a UUID' };
    if (envelope.type !== this.#event.type)
      return { refused: `type ${envelope.type.slice(0, 100)} is not ${this.#event.type}` };
    const decoded = codecOf(this.#event).decode(message.data);
    if ('refused' in decoded) return decoded;
    return { message, event: { ...envelope, data: decoded.data }, attempt: message.info.deliveryCount };
  }

  /** Handles a batch in one transaction; on failure halves it until the event at fault stands alone. */
  async #attempt(deliveries: Delivery[]): Promise<void> {
    const started = performance.now();
    try {
      await this.#effect(deliveries);
      this.#observe('ok', deliveries.length, started);
    } catch (error) {
      const verdict = verdictOn(error);
      const first = deliveries[0];
      if (verdict.isOutage || first === undefined) {
        for (const { message, attempt } of deliveries) message.nak(retryDelayMs(attempt));
        return;
      }
      if (deliveries.length > 1) {
        const half = deliveries.length >> 1;
        await this.#attempt(deliveries.slice(0, half));
        await this.#attempt(deliveries.slice(half));
        return;
      }
      this.#observe('error', 1, started);
      if (verdict.kind === 'dead' || first.attempt >= this.#options.maxAttempts) {
        await this.#bury(first.message, verdict.code, verdict.reason);
        return;
      }
      this.#host.logger.info(
        {
          consumer: this.#options.durable,
          eventId: first.event.id,
          attempt: first.attempt,
          code: verdict.code,
          reason: verdict.reason,
        },
        'event will be tried again',
      );
      first.message.nak(verdict.delayMs ?? retryDelayMs(first.attempt));
    }
  }

  async #effect(deliveries: Delivery[]): Promise<void> {
    const { db, logger } = this.#host;
    const tenant = this.#perTenant ? deliveries[0]?.event.tenantid : undefined;
    const work = async (tx: Transaction<any>): Promise<void> => {
      const { rows } = await tx.client.query<{ message_id: string }>(
        `INSERT INTO ${this.#inbox} (consumer, message_id, status) SELECT $1, id, '${INBOX_OK}' FROM unnest($2::uuid[]) AS id
         ON CONFLICT DO NOTHING RETURNING message_id`,
        [this.#options.durable, deliveries.map(({ event }) => event.id)],
      );
      const fresh = new Set(rows.map((row) => row.message_id));
      const events = deliveries.filter(({ event }) => fresh.delete(event.id)).map(({ event }) => event);
      if (events.length === 0) return;
      tx.afterCommit(this.#host.wakeRelay);
      await this.#handle(events as CloudEvent<never>[], tx, { attempt: deliveries[0]?.attempt ?? 1, log: logger });
    };
    await (tenant === undefined ? db.system(work) : db.tenant(tenant, work));
    for (const { message } of deliveries) message.ack();
  }

  async #bury(message: JsMsg, code: string, reason: string): Promise<void> {
    const envelope = fromHeaders(message.headers);
    const known: EventEnvelope | null = 'missing' in envelope || !UUID.test(envelope.id) ? null : envelope;
    const { db, module } = this.#host;
    await db.system(async (tx) => {
      await storeDeadLetter(tx, db.schema, module, {
        tenantId: known?.tenantid ?? 'default',
        consumer: this.#options.durable,
        stream: this.#stream,
        streamSequence: message.seq,
        subject: message.subject,
        eventId: known?.id ?? null,
        headers: plainHeaders(message),
        body: message.data,
        code,
        reason,
        attempts: message.info.deliveryCount,
      });
      if (known !== null) {
        await tx.client.query(
          `INSERT INTO ${this.#inbox} (consumer, message_id, status) VALUES ($1, $2, 'dead') ON CONFLICT DO NOTHING`,
          [this.#options.durable, known.id],
        );
      }
      tx.afterCommit(this.#host.wakeRelay);
    });
    message.term(code);
    this.#host.logger.error(
      { consumer: this.#options.durable, code, reason, streamSequence: message.seq },
      'event became a dead letter',
    );
    this.#observe('dead', 1, performance.now());
  }

  #observe(outcome: string, events: number, started: number): void {
    const { metrics } = this.#host;
    if (metrics === undefined) return;
    const consumer = this.#options.durable;
    metrics
      .counter({ name: 'consumer_events_total', help: 'Events by outcome.', labels: ['consumer', 'outcome'] })
      .inc({ consumer, outcome }, events);
    metrics
      .histogram({
        name: 'consumer_transaction_seconds',
        help: 'Time of one transaction of a consumer.',
        labels: ['consumer', 'outcome'],
        buckets: DURATION_BUCKETS_SECONDS,
      })
      .observe({ consumer, outcome }, (performance.now() - started) / 1000);
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function plainHeaders(message: JsMsg): EventHeaders {
  const result: Record<string, string> = {};
  for (const [name, values] of message.headers ?? []) result[name] = values[0] ?? '';
  return result;
}
