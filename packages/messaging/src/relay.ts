import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import pg from 'pg';
import { unpackEvents } from './outbox-bundle.ts';
import { type Publishable, PublishMultiplexer } from './publish-multiplexer.ts';
import { RelayHousekeeping } from './relay-housekeeping.ts';
import {
  type OutboxPage,
  type OutboxRow,
  type PublishedChunk,
  RELAY_SESSION,
  RelayStore,
  type StreamMark,
} from './relay-store.ts';
import { Rest } from './rest.ts';

/** What a relay needs. */
export interface RelayOptions {
  readonly url: string;
  readonly schema: string;
  readonly module: string;
  readonly instance: string;
  readonly nats: NatsConnection;
  readonly logger: Logger;
  readonly metrics?: MetricsRegistry | undefined;
  /** How long published rows are kept for a broker that lost messages; 7 days when absent. */
  readonly retentionSeconds?: number;
}

/** A flight is full when it holds this many; a bundle is not divided. */
const FLIGHT_EVENTS = 500;
const POLL_MIN_MS = 50;
const POLL_MAX_MS = 1000;
const LEAD_RETRY_MS = 1000;
const HOUSEKEEPING_MS = 5_000;

/**
 * Publishes the outbox of one module. One relay leads at a time (advisory lock, fenced by an epoch); the others wait for
 * its connection to end. It wakes by {@link Relay.wake}, by notification from other processes, and by polling.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #channel: string;
  readonly #rest = new Rest();
  #stopping = false;
  #loop: Promise<void> | null = null;
  #createdOf = new Map<string, string>();
  #reconcileDue = true;
  isLeading = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#channel = `outbox_${options.schema}_${options.module}`;
  }

  /** The channel on which other processes notify the leader. */
  get channel(): string {
    return this.#channel;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Rows were committed. */
  wake(): void {
    this.#rest.wake();
  }

  /** Publishes what is settled, gives the lead away, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#rest.end();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { logger, nats } = this.#options;
    void (async () => {
      for await (const status of nats.status()) if (status.type === 'reconnect') this.#reconcileDue = true;
    })();
    do {
      try {
        await this.#term();
      } catch (error) {
        if (!this.#stopping)
          logger.warn({ err: error }, 'outbox relay lost its connection or a publish; it starts again');
      }
      this.isLeading = false;
      this.#rest.settle();
      await this.#rest.pause(LEAD_RETRY_MS);
    } while (!this.#stopping);
  }

  /** From taking the lead to losing it. */
  async #term(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: `${this.#options.module}-relay`,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      statement_timeout: 60_000,
    });
    let lost: Error | null = null;
    client.on('error', (error) => {
      lost = error;
      this.wake();
    });
    const publisher = new PublishMultiplexer(this.#options.nats);
    try {
      await client.connect();
      await client.query(RELAY_SESSION);
      client.on('notification', () => this.wake());
      const store = new RelayStore(client, this.#options.schema, this.#options.module);
      let leads = await store.lead(this.#options.instance);
      while (!leads && !this.#stopping && lost === null) {
        this.#rest.settle();
        await this.#rest.pause(LEAD_RETRY_MS);
        leads = await store.lead(this.#options.instance);
      }
      if (!leads) return;
      this.isLeading = true;
      this.#reconcileDue = true;
      await client.query(`LISTEN ${pg.escapeIdentifier(this.#channel)}`);
      await this.#lead(store, publisher, () => lost);
    } finally {
      publisher.close();
      await client.end().catch(() => undefined);
    }
  }

  async #lead(store: RelayStore, publisher: PublishMultiplexer, lost: () => Error | null): Promise<void> {
    let pollMs = POLL_MIN_MS;
    let housekeepingAt = 0;
    const housekeeping = new RelayHousekeeping(store, this.#options);
    for (;;) {
      const error = lost();
      if (error !== null) throw error;
      if (this.#reconcileDue && !this.#stopping) await this.#reconcile(store, publisher);
      if (Date.now() >= housekeepingAt) {
        housekeepingAt = Date.now() + HOUSEKEEPING_MS;
        await housekeeping.run(store.doneBefore);
      }
      const published = await this.#drain(store, publisher, housekeepingAt);
      await store.settle();
      if (this.#stopping && published === 0) return;
      pollMs = published > 0 ? POLL_MIN_MS : Math.min(POLL_MAX_MS, pollMs * 1.5);
      if (!this.#reconcileDue) await this.#rest.pause(pollMs);
    }
  }

  /** Publishes until the outbox is empty or something else is due; a round's next page is read while one is in flight. */
  async #drain(store: RelayStore, publisher: PublishMultiplexer, untilMs: number): Promise<number> {
    let published = 0;
    let page = await this.#read(store);
    while (page.rows.length > 0) {
      const [sent, ahead] = await Promise.allSettled([
        this.#publish(publisher, page.rows),
        page.isLast ? null : store.nextPage(),
      ]);
      if (sent.status === 'rejected') throw sent.reason as Error;
      if (ahead.status === 'rejected') throw ahead.reason as Error;
      store.note(page, sent.value);
      published += page.rows.length;
      if (page.isLast && (this.#reconcileDue || Date.now() >= untilMs)) {
        this.wake();
        return published;
      }
      if (page.isLast && !this.#rest.isWoken) return published;
      page = ahead.value ?? (await this.#read(store));
    }
    store.note(page, []);
    return published;
  }

  /** What is committed after this wakes the relay again. */
  #read(store: RelayStore): Promise<OutboxPage> {
    this.#rest.settle();
    return store.nextPage();
  }

  /** Each flight is answered before the next one is sent, so that what is lost is always a tail. */
  async #publish(publisher: PublishMultiplexer, rows: readonly OutboxRow[]): Promise<PublishedChunk[]> {
    const chunks: PublishedChunk[] = [];
    let first: string | null = null;
    let flight: Publishable[] = [];
    for (const [index, row] of rows.entries()) {
      first ??= row.position;
      const events = row.bytes ?? Buffer.from(row.text ?? '');
      for (const { headers, body } of unpackEvents({ sizes: row.sizes, events }))
        flight.push({ subject: row.subject, headers, body });
      if (flight.length < FLIGHT_EVENTS && index < rows.length - 1) continue;
      for (const [stream, sequence] of await publisher.publishAll(flight))
        chunks.push({ first, last: row.position, mark: await this.#mark(stream, sequence) });
      first = null;
      flight = [];
    }
    return chunks;
  }

  async #mark(stream: string, sequence: number): Promise<StreamMark> {
    let created = this.#createdOf.get(stream);
    if (created === undefined) {
      created = (await this.#streamState(stream)).created;
      this.#createdOf.set(stream, created);
    }
    return { stream, sequence, created };
  }

  async #streamState(stream: string): Promise<{ created: string; lastSequence: number }> {
    const info = await (await jetstreamManager(this.#options.nats)).streams.info(stream);
    return { created: info.created, lastSequence: info.state.last_seq };
  }

  /** Publishes again what a broker has lost: PostgreSQL is the record. Consumers drop what they had already. */
  async #reconcile(store: RelayStore, publisher: PublishMultiplexer): Promise<void> {
    this.#createdOf.clear();
    for (const stream of await store.streamsSeen()) {
      const { created, lastSequence } = await this.#streamState(stream);
      this.#createdOf.set(stream, created);
      const lost = await store.lostChunks(stream, lastSequence, created);
      for (const chunk of lost) {
        const rows = await store.rowsOfChunk(chunk);
        const published = await this.#publish(publisher, rows);
        await store.remark(chunk.id, published.at(-1)?.mark ?? { stream, sequence: 0, created });
      }
      if (lost.length > 0)
        this.#options.logger.warn(
          { stream, chunks: lost.length },
          'the broker had lost events; they were published again',
        );
    }
    this.#reconcileDue = false;
  }
}
