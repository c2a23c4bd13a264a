import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import pg from 'pg';
import { PublishMultiplexer } from './publish-multiplexer.ts';
import { RelayHousekeeping } from './relay-housekeeping.ts';
import { type OutboxRow, type PublishedChunk, RelayStore, type StreamMark } from './relay-store.ts';
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

const POLL_MIN_MS = 50;
const POLL_MAX_MS = 1000;
const LEAD_RETRY_MS = 1000;
const HOUSEKEEPING_MS = 5_000;
/** What a crash takes from the relay's own notes is published again. Rounds are found by transaction id, whatever the statistics say. */
const SESSION = "SET app.system = 'on'; SET synchronous_commit = off; SET enable_seqscan = off; SET jit = off";

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
      await client.query(SESSION);
      client.on('notification', () => this.wake());
      const store = new RelayStore(client, this.#options.schema, this.#options.module);
      let from = await store.lead(this.#options.instance);
      while (from === null && !this.#stopping && lost === null) {
        this.#rest.settle();
        await this.#rest.pause(LEAD_RETRY_MS);
        from = await store.lead(this.#options.instance);
      }
      if (from === null) return;
      this.isLeading = true;
      this.#reconcileDue = true;
      await client.query(`LISTEN ${pg.escapeIdentifier(this.#channel)}`);
      await this.#lead(store, publisher, from, () => lost);
    } finally {
      publisher.close();
      await client.end().catch(() => undefined);
    }
  }

  async #lead(
    store: RelayStore,
    publisher: PublishMultiplexer,
    start: string,
    lost: () => Error | null,
  ): Promise<void> {
    let from = start;
    let pollMs = POLL_MIN_MS;
    let housekeepingAt = 0;
    const housekeeping = new RelayHousekeeping(store, this.#options);
    for (;;) {
      const error = lost();
      if (error !== null) throw error;
      if (this.#reconcileDue && !this.#stopping) {
        await store.settle();
        await this.#reconcile(store, publisher);
      }
      this.#rest.settle();
      const chunks: PublishedChunk[] = [];
      const horizon = await store.readRound(from, async (rows) => {
        chunks.push(...(await this.#publish(publisher, rows)));
      });
      if (chunks.length > 0) {
        store.endRound(from, horizon, chunks);
        pollMs = POLL_MIN_MS;
      } else {
        pollMs = Math.min(POLL_MAX_MS, pollMs * 1.5);
      }
      from = horizon;
      if (Date.now() >= housekeepingAt) {
        await store.settle();
        housekeepingAt = Date.now() + HOUSEKEEPING_MS;
        await housekeeping.run(from);
      }
      if (chunks.length > 0) continue;
      await store.settle();
      if (this.#stopping) return;
      await this.#rest.pause(pollMs);
    }
  }

  async #publish(publisher: PublishMultiplexer, rows: readonly OutboxRow[]): Promise<PublishedChunk[]> {
    const highest = await publisher.publishAll(rows);
    const first = rows[0]?.position ?? '0';
    const last = rows.at(-1)?.position ?? '0';
    const marks = await Promise.all([...highest].map(([stream, sequence]) => this.#mark(stream, sequence)));
    return marks.map((mark) => ({ first, last, mark }));
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
        const [published] = rows.length === 0 ? [] : await this.#publish(publisher, rows);
        await store.remark(chunk.id, published?.mark ?? { stream, sequence: 0, created });
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
