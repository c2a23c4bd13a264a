import type { NatsConnection } from '@nats-io/transport-node';
import type { CloudEvent, EventData, EventDefinition } from '@peermesh/contracts';
import type { Database, Transaction } from '@peermesh/database';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import pg from 'pg';
import { AdvisoryListener } from './advisories.ts';
import { InboxConsumer } from './consumer.ts';
import type { BatchHandler, ConsumeContext, ConsumerHost, ConsumerOptions } from './consumer-options.ts';
import { createOutbox, type PublishItem, type PublishOptions } from './outbox.ts';
import { Redriver, redriveSubjectOf } from './redriver.ts';
import { Relay } from './relay.ts';
import { createTail, type Tail, type TailPosition, type TailStart } from './tail.ts';

type AnyTransaction = Pick<Transaction<never>, 'client' | 'afterCommit'>;

/** What {@link createBus} needs. */
export interface BusOptions {
  /** The service: its tables are `{module}_outbox`, `{module}_inbox`, `{module}_dead_letters`. */
  readonly module: string;
  /** This replica. */
  readonly instance: string;
  // biome-ignore lint/suspicious/noExplicitAny: a bus works on every schema
  readonly db: Database<any>;
  /** URL of the application role, for the relay's own connection. */
  readonly databaseUrl: string;
  readonly nats: NatsConnection;
  readonly logger: Logger;
  readonly metrics?: MetricsRegistry;
}

/** Events of one service: published through its outbox, consumed through its inbox. */
export interface Bus {
  /** Writes one event into the outbox, inside the transaction of the change. Returns its id. Throws when it does not match its schema. */
  publish<E extends EventDefinition>(
    tx: AnyTransaction,
    event: E,
    data: EventData<E>,
    options: PublishOptions,
  ): Promise<string>;
  /** The same for many events of one type, in one insert. */
  publishMany<E extends EventDefinition>(
    tx: AnyTransaction,
    event: E,
    items: readonly PublishItem<E>[],
  ): Promise<string[]>;
  /** Handles events one by one, each in a transaction of its tenant. Declare before {@link start}. */
  consume<E extends EventDefinition>(
    event: E,
    options: ConsumerOptions,
    // biome-ignore lint/suspicious/noExplicitAny: a bus works on every schema
    handler: (event: CloudEvent<EventData<E>>, tx: Transaction<any>, context: ConsumeContext) => Promise<void>,
  ): void;
  /** Handles events in batches, each batch in one system transaction; duplicates are filtered out before. */
  consumeBatch<E extends EventDefinition>(
    event: E,
    options: ConsumerOptions,
    // biome-ignore lint/suspicious/noExplicitAny: a bus works on every schema
    handler: (events: CloudEvent<EventData<E>>[], tx: Transaction<any>, context: ConsumeContext) => Promise<void>,
  ): void;
  /** Follows events without an inbox. */
  tail(
    events: readonly EventDefinition[],
    options: { readonly from: TailStart },
    handler: (event: CloudEvent, position: TailPosition) => void,
  ): Tail;
  /** Starts the relay and the consumers. */
  start(): Promise<void>;
  /** Stops the consumers, lets handlers finish, and flushes the relay. The connections stay open. */
  stop(): Promise<void>;
  readonly module: string;
  // biome-ignore lint/suspicious/noExplicitAny: a bus works on every schema
  readonly db: Database<any>;
  /** Rows for the outbox were committed by other means. */
  wakeRelay(): void;
  /** Dead letters were scheduled for a redrive. */
  wakeRedriver(): void;
}

const NOTIFY_DEBOUNCE_MS = 20;

/** Makes the bus of a service. */
export function createBus(options: BusOptions): Bus {
  const { module, db, nats, logger, metrics } = options;
  const outbox = createOutbox({ schema: db.schema, module, instance: options.instance });
  const relay = new Relay({
    url: options.databaseUrl,
    schema: db.schema,
    module,
    instance: options.instance,
    nats,
    logger,
    metrics,
  });
  const wakeRelay = wakerOf(relay, db.pool);
  const host: ConsumerHost = { db, module, nats, logger, metrics, wakeRelay };
  const redriver = new Redriver({ db, module, logger, wakeRelay });
  const durables: string[] = [];
  const consumers: InboxConsumer[] = [];
  const tails: Tail[] = [];
  let advisories: AdvisoryListener | null = null;

  const add = (
    event: EventDefinition,
    consumerOptions: ConsumerOptions,
    handle: BatchHandler<never>,
    perTenant: boolean,
  ): void => {
    const { durable } = consumerOptions;
    durables.push(durable);
    consumers.push(
      new InboxConsumer(host, event, consumerOptions, handle, {
        stream: event.stream,
        subject: event.subject,
        perTenant,
      }),
      new InboxConsumer(host, event, { ...consumerOptions, concurrency: 1 }, handle, {
        stream: 'REDRIVE',
        subject: redriveSubjectOf(durable),
        perTenant,
      }),
    );
  };

  return {
    module,
    db,
    wakeRelay,
    wakeRedriver: () => redriver.wake(),
    async publish(tx, event, data, publishOptions) {
      const [id] = await this.publishMany(tx, event, [{ ...publishOptions, data }]);
      if (id === undefined) throw new Error('nothing was published');
      return id;
    },
    async publishMany(tx, event, items) {
      const ids = await outbox.append(tx, event, items);
      tx.afterCommit(wakeRelay);
      return ids;
    },
    consume(event, consumerOptions, handler) {
      const one: BatchHandler<never> = async (events, tx, context) => {
        for (const item of events) await handler(item, tx, context);
      };
      add(event, consumerOptions, one, true);
    },
    consumeBatch(event, consumerOptions, handler) {
      add(event, consumerOptions, handler as unknown as BatchHandler<never>, false);
    },
    tail(events, tailOptions, handler) {
      const tail = createTail({ nats, events, from: tailOptions.from, logger }, handler);
      tails.push(tail);
      return tail;
    },
    async start() {
      relay.start();
      for (const consumer of consumers) consumer.start();
      if (consumers.length === 0) return;
      redriver.start();
      advisories ??= new AdvisoryListener(host, durables);
      advisories.start();
    },
    async stop() {
      await Promise.all([
        redriver.stop(),
        advisories?.stop(),
        ...consumers.map((consumer) => consumer.stop()),
        ...tails.map((tail) => tail.stop()),
      ]);
      await relay.stop();
    },
  };
}

/** Wakes the leader: directly when it is in this process, else by a notification, at most one in 20 ms. */
function wakerOf(relay: Relay, pool: pg.Pool): () => void {
  let timer: NodeJS.Timeout | null = null;
  return () => {
    if (relay.isLeading) {
      relay.wake();
      return;
    }
    timer ??= setTimeout(() => {
      timer = null;
      pool.query(`NOTIFY ${pg.escapeIdentifier(relay.channel)}`).catch(() => undefined);
    }, NOTIFY_DEBOUNCE_MS);
    timer.unref();
  };
}
