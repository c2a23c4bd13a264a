import type { JsMsg } from '@nats-io/jetstream';
import type { CloudEvent, EventDefinition } from '@peermesh/contracts';
import type { Transaction } from '@peermesh/database';
import { DURATION_BUCKETS_SECONDS, traceConsumption } from '@peermesh/telemetry';
import type { BatchHandler, ConsumerHost, ConsumerOptions, ConsumerSource } from './consumer-options.ts';
import { buryMessage, DEAD_LETTER_ID, resolveRedriven } from './dead-letter-store.ts';
import { fromHeaders, isEventId } from './envelope.ts';
import { codecOf } from './event-codec.ts';
import { retryDelayMs, type Verdict, verdictOn } from './failure.ts';
import { type Inbox, inboxOf } from './inbox.ts';
import { PullSource } from './pull-source.ts';
import { headerReader } from './received-headers.ts';
import { Rest } from './rest.ts';

interface Delivery {
  readonly message: JsMsg;
  readonly event: CloudEvent;
  readonly attempt: number;
}

/** A batch under way. */
interface Turn {
  /** Whether its effect was committed at the first try. */
  readonly committed: Promise<boolean>;
  /** Every message of it is answered. Never rejects. */
  readonly done: Promise<void>;
}

const OUT_OF_TURN = new Error('the batch before this one has failed');

/** Deliveries that ended in a crash, or while a dependency was away, on top of the attempts that count. */
const UNANSWERED_MAX = 10;
const OUTAGE_PAUSE_MS = 500;

/**
 * A durable pull consumer with the inbox: an event has its effect once, however often it is delivered. Handled failures are
 * delayed with jitter, never returned at once; what cannot succeed becomes a dead letter in the same transaction that
 * closes its inbox row. While the database is away events are held, which costs them no attempt.
 */
export class InboxConsumer {
  readonly #host: ConsumerHost;
  readonly #event: EventDefinition;
  readonly #stream: string;
  readonly #perTenant: boolean;
  readonly #durable: string;
  readonly #concurrency: number;
  readonly #batchSize: number;
  readonly #maxAttempts: number;
  readonly #handle: BatchHandler<never>;
  readonly #inbox: Inbox;
  readonly #pull: PullSource;
  readonly #outageRest = new Rest();
  #workers: Promise<unknown> | null = null;

  constructor(
    host: ConsumerHost,
    event: EventDefinition,
    options: ConsumerOptions,
    handle: BatchHandler<never>,
    source: ConsumerSource,
  ) {
    this.#host = host;
    this.#event = event;
    this.#handle = handle;
    this.#stream = source.stream;
    this.#perTenant = source.perTenant;
    this.#durable = options.durable;
    this.#concurrency = options.concurrency ?? (source.perTenant ? 8 : 1);
    this.#batchSize = source.perTenant ? 1 : (options.batchSize ?? 100);
    this.#maxAttempts = options.maxAttempts ?? 10;
    this.#inbox = inboxOf(host.db.schema, host.module, options.durable);
    this.#pull = new PullSource({
      nats: host.nats,
      logger: host.logger,
      metrics: host.metrics,
      stream: source.stream,
      subject: source.subject,
      durable: options.durable,
      prefetch: Math.max(2, this.#batchSize * this.#concurrency * 2),
      ackWaitMs: options.ackWaitMs ?? 30_000,
      deliveriesMax: this.#maxAttempts + 2 * UNANSWERED_MAX,
    });
  }

  start(): void {
    this.#pull.start();
    this.#workers ??= Promise.all(Array.from({ length: this.#concurrency }, () => this.#work()));
  }

  /** Stops pulling, lets running handlers finish, and gives the rest back to the server. */
  async stop(): Promise<void> {
    this.#outageRest.end();
    await Promise.all([this.#pull.stop(), this.#workers]);
  }

  /**
   * Takes batch after batch. While one has its effect, the next one, when it is full already, is read and admitted; its handler
   * waits for the batch before it.
   */
  async #work(): Promise<void> {
    const readsAhead = this.#concurrency === 1 && this.#batchSize > 1;
    let before: Turn | null = null;
    for (;;) {
      const batch = await this.#pull.take(this.#batchSize);
      const turn: Turn | null = batch.length === 0 ? null : this.#begin(batch, before);
      await before?.done;
      before = turn;
      if (turn === null) return;
      if (readsAhead && this.#pull.waiting >= this.#batchSize) continue;
      await turn.done;
      before = null;
    }
  }

  #begin(batch: readonly JsMsg[], before: Turn | null): Turn {
    const committed = Promise.withResolvers<boolean>();
    const settle = async (): Promise<void> => {
      try {
        await this.#process(batch, before, committed.resolve);
      } catch (error) {
        this.#host.logger.warn({ err: error, consumer: this.#durable }, 'a batch could not be settled; it comes again');
        for (const message of batch) message.nak(retryDelayMs(message.info.deliveryCount));
      } finally {
        committed.resolve(false);
        this.#pull.release(batch);
      }
    };
    return { committed: committed.promise, done: settle() };
  }

  async #process(
    messages: readonly JsMsg[],
    before: Turn | null,
    onVerdict: (isCommitted: boolean) => void,
  ): Promise<void> {
    const deliveries: Delivery[] = [];
    for (const message of messages) {
      const opened = this.#open(message);
      if ('refused' in opened) await this.#bury(message, 'PM_MESSAGING_SCHEMA', opened.refused);
      else if (opened.attempt > this.#maxAttempts + UNANSWERED_MAX)
        await this.#bury(message, 'PM_MESSAGING_EXHAUSTED', 'every attempt ended without an answer');
      else deliveries.push(opened);
    }
    if (deliveries.length > 0) await this.#attempt(deliveries, before, onVerdict);
    else onVerdict(true);
  }

  #open(message: JsMsg): Delivery | { readonly refused: string } {
    const envelope = fromHeaders(headerReader(message));
    if ('missing' in envelope) return { refused: `the header ${envelope.missing} is missing` };
    if (!isEventId(envelope.id)) return { refused: 'ce-id is not a UUID' };
    if (envelope.type !== this.#event.type)
      return { refused: `type ${envelope.type.slice(0, 100)} is not ${this.#event.type}` };
    const decoded = codecOf(this.#event).decode(message.data);
    if ('refused' in decoded) return decoded;
    return { message, event: { ...envelope, data: decoded.data }, attempt: message.info.deliveryCount };
  }

  /** Handles a batch in one transaction; on failure halves it until the event at fault stands alone. */
  async #attempt(
    deliveries: Delivery[],
    before: Turn | null = null,
    onVerdict: (isCommitted: boolean) => void = () => undefined,
  ): Promise<void> {
    const started = performance.now();
    const verdict = await this.#verdict(deliveries, before, onVerdict);
    if (verdict === null) {
      for (const { message } of deliveries) message.ack();
      this.#observe('ok', deliveries.length, started);
      return;
    }
    if (deliveries.length > 1 && (verdict.kind === 'dead' || verdict.kind === 'retry')) {
      const half = deliveries.length >> 1;
      await this.#attempt(deliveries.slice(0, half));
      await this.#attempt(deliveries.slice(half));
      return;
    }
    this.#observe('error', deliveries.length, started);
    for (const delivery of deliveries) await this.#settleFailure(delivery, verdict);
  }

  /** What came of handling a batch; null is success. Waits for the database as long as it is away. */
  async #verdict(
    deliveries: Delivery[],
    before: Turn | null,
    onVerdict: (isCommitted: boolean) => void,
  ): Promise<Verdict | null> {
    for (let turn = before; ; ) {
      try {
        await this.#effect(deliveries, turn);
        onVerdict(true);
        return null;
      } catch (error) {
        onVerdict(false);
        if (error === OUT_OF_TURN) {
          await turn?.done;
          turn = null;
          continue;
        }
        const verdict = verdictOn(error);
        if (verdict.kind !== 'outage' || this.#outageRest.isEnded) return verdict;
        await this.#outageRest.pause(OUTAGE_PAUSE_MS);
      }
    }
  }

  async #settleFailure({ message, event, attempt }: Delivery, verdict: Verdict): Promise<void> {
    const attemptsMax = verdict.kind === 'busy' ? this.#maxAttempts + UNANSWERED_MAX : this.#maxAttempts;
    if (verdict.kind === 'dead' || (verdict.kind !== 'outage' && attempt >= attemptsMax)) {
      await this.#bury(message, verdict.code, verdict.reason);
      return;
    }
    this.#host.logger.info(
      { consumer: this.#durable, eventId: event.id, attempt, code: verdict.code, reason: verdict.reason },
      'event will be tried again',
    );
    message.nak(verdict.delayMs ?? retryDelayMs(attempt));
  }

  /** Throws {@link OUT_OF_TURN} when the batch before has failed: it must be settled first, and may need the same rows. */
  async #effect(deliveries: Delivery[], before: Turn | null): Promise<void> {
    const { db, logger, module, wakeRelay } = this.#host;
    const tenant = this.#perTenant ? deliveries[0]?.event.tenantid : undefined;
    const ids = deliveries.map(({ event }) => event.id);
    // biome-ignore lint/suspicious/noExplicitAny: a consumer works on every schema
    const work = async (tx: Transaction<any>): Promise<void> => {
      if (before !== null && !(await before.committed)) throw OUT_OF_TURN;
      const fresh = this.#inbox.admitted(tx.opening, ids);
      const events = deliveries.filter(({ event }) => fresh.delete(event.id)).map(({ event }) => event);
      if (events.length === 0) return;
      tx.afterCommit(wakeRelay);
      const attempt = deliveries[0]?.attempt ?? 1;
      await traceConsumption({ consumer: this.#durable, subject: this.#event.subject, carriers: events, attempt }, () =>
        this.#handle(events as CloudEvent<never>[], tx, { attempt, log: logger }),
      );
      if (this.#stream === 'REDRIVE') {
        const letters = deliveries.map(({ message }) => message.headers?.get(DEAD_LETTER_ID) ?? '');
        await resolveRedriven(tx, db.schema, module, letters);
      }
    };
    const run = (opening: string): Promise<void> =>
      tenant === undefined ? db.system(work, { opening }) : db.tenant(tenant, work, { opening });
    if (deliveries.every(({ attempt }) => attempt === 1)) {
      try {
        await run(this.#inbox.entry(ids));
        return;
      } catch (error) {
        if (!this.#inbox.isRefusal(error)) throw error;
      }
    }
    await run(this.#inbox.admission(ids));
  }

  async #bury(message: JsMsg, code: string, reason: string): Promise<void> {
    const { db, module, logger, wakeRelay } = this.#host;
    await buryMessage(
      { db, module, wakeRelay },
      {
        consumer: this.#durable,
        stream: this.#stream,
        streamSequence: message.seq,
        subject: message.subject,
        headers: message.headers,
        body: message.data,
        code,
        reason,
        attempts: message.info.deliveryCount,
      },
    );
    message.term(code);
    logger.error({ consumer: this.#durable, code, reason, streamSequence: message.seq }, 'event became a dead letter');
    this.#observe('dead', 1, performance.now());
  }

  #observe(outcome: string, events: number, started: number): void {
    const { metrics } = this.#host;
    if (metrics === undefined) return;
    const consumer = this.#durable;
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
