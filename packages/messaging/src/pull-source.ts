import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import { Rest } from './rest.ts';

/** A durable consumer and how much of it is fetched ahead. */
export interface PullSourceOptions {
  readonly nats: NatsConnection;
  readonly logger: Logger;
  readonly metrics?: MetricsRegistry | undefined;
  readonly stream: string;
  readonly subject: string;
  readonly durable: string;
  readonly prefetch: number;
  readonly ackWaitMs: number;
  /** After so many deliveries without an answer the server stops delivering and says so in an advisory. */
  readonly deliveriesMax: number;
  readonly stallCheckMs?: number;
}

const RESTART_MS = 500;
const STALL_CHECK_MS = 10_000;

/**
 * Messages of one durable pull consumer, with everything that keeps them coming: it makes the consumer, pulls again after
 * lost heartbeats, a deleted stream or a stalled pull, and tells the server that messages in hand are being worked on.
 */
export class PullSource {
  readonly #options: PullSourceOptions;
  readonly #queue: JsMsg[] = [];
  readonly #held = new Set<JsMsg>();
  readonly #pullRest = new Rest();
  readonly #beatRest = new Rest();
  readonly #stallRest = new Rest();
  #arrived = Promise.withResolvers<void>();
  #stopping = false;
  #stopPull: (() => void) | null = null;
  #receivedAt = 0;
  #running: Promise<unknown> | null = null;

  constructor(options: PullSourceOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= Promise.all([this.#pull(), this.#keepAlive(), this.#watchForStalls()]);
  }

  /** Stops pulling and gives back what nobody has taken; resolves when every taken message is released. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopPull?.();
    this.#pullRest.end();
    this.#stallRest.end();
    for (const message of this.#queue.splice(0)) this.#giveBack(message);
    this.#arrived.resolve();
    if (this.#held.size === 0) this.#beatRest.end();
    await this.#running;
  }

  /** The next messages, at most `max`; none means that the source has stopped. */
  async take(max: number): Promise<JsMsg[]> {
    while (this.#queue.length === 0 && !this.#stopping) await this.#arrived.promise;
    return this.#queue.splice(0, max);
  }

  /** How many messages nobody has taken yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** The messages were answered. */
  release(messages: readonly JsMsg[]): void {
    for (const message of messages) this.#held.delete(message);
    if (this.#stopping && this.#held.size === 0) this.#beatRest.end();
  }

  async #pull(): Promise<void> {
    const { nats, logger, stream, durable, prefetch } = this.#options;
    while (!this.#stopping) {
      try {
        await this.#ensureConsumer();
        const consumer = await jetstream(nats).consumers.get(stream, durable);
        const messages = await consumer.consume({
          max_messages: prefetch,
          expires: 10_000,
          idle_heartbeat: 2_000,
          abort_on_missing_resource: true,
          callback: (message) => this.#receive(message),
        });
        this.#stopPull = () => messages.stop();
        if (this.#stopping) messages.stop();
        void this.#watch(messages);
        const problem = await messages.closed();
        if (problem !== undefined) throw problem;
      } catch (error) {
        if (!this.#stopping)
          logger.warn({ err: error, consumer: durable }, 'consumer lost its stream; it starts again');
      }
      await this.#pullRest.pause(RESTART_MS);
    }
  }

  #receive(message: JsMsg): void {
    if (this.#stopping) {
      this.#giveBack(message);
      return;
    }
    this.#receivedAt = Date.now();
    this.#queue.push(message);
    this.#held.add(message);
    if (this.#queue.length > 1) return;
    const arrived = this.#arrived;
    this.#arrived = Promise.withResolvers<void>();
    arrived.resolve();
  }

  #giveBack(message: JsMsg): void {
    this.#held.delete(message);
    message.nak(10);
  }

  /** Ends a pull whose heartbeats have stopped although the connection is up: the loop makes a new one. */
  async #watch(messages: { status(): AsyncIterable<{ type: string; count?: number }>; stop(): void }): Promise<void> {
    for await (const status of messages.status()) {
      if (status.type === 'consumer_deleted' || (status.type === 'heartbeats_missed' && (status.count ?? 0) >= 3))
        messages.stop();
    }
  }

  /** Ends a pull that brings nothing over two checks although the server holds messages for it. */
  async #watchForStalls(): Promise<void> {
    const { stallCheckMs = STALL_CHECK_MS, stream, durable, nats, logger, metrics } = this.#options;
    let idleChecks = 0;
    while (!this.#stopping) {
      await this.#stallRest.pause(stallCheckMs);
      if (this.#stopping) return;
      const info = await jetstreamManager(nats)
        .then((manager) => manager.consumers.info(stream, durable))
        .catch(() => null);
      if (info === null) continue;
      this.#measure(info);
      const isIdle = this.#held.size === 0 && Date.now() - this.#receivedAt >= stallCheckMs;
      idleChecks = isIdle && info.num_pending > 0 ? idleChecks + 1 : 0;
      if (idleChecks < 2) continue;
      idleChecks = 0;
      logger.warn({ consumer: durable, pending: info.num_pending }, 'consumer has stalled; it pulls anew');
      metrics
        ?.counter({ name: 'consumer_stalls_total', help: 'Pulls that were renewed.', labels: ['consumer'] })
        .inc({ consumer: durable });
      this.#stopPull?.();
    }
  }

  #measure(info: ConsumerInfo): void {
    this.#options.metrics
      ?.gauge({
        name: 'consumer_pending_events',
        help: 'Events that wait for a consumer.',
        labels: ['consumer', 'stream'],
      })
      .set({ consumer: this.#options.durable, stream: this.#options.stream }, info.num_pending + info.num_ack_pending);
  }

  async #ensureConsumer(): Promise<void> {
    const manager = await jetstreamManager(this.#options.nats);
    const { stream, subject, durable, ackWaitMs, prefetch, deliveriesMax } = this.#options;
    const wanted = {
      ack_wait: ackWaitMs * 1_000_000,
      max_ack_pending: Math.max(1_000, prefetch * 2),
      max_deliver: deliveriesMax,
      filter_subject: subject,
    };
    const known = await manager.consumers.info(stream, durable).catch(() => null);
    if (known === null) {
      await manager.consumers.add(stream, {
        durable_name: durable,
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        ...wanted,
      });
    } else if (Object.entries(wanted).some(([key, value]) => known.config[key as keyof typeof wanted] !== value)) {
      await manager.consumers.update(stream, durable, { ...known.config, ...wanted });
    }
  }

  async #keepAlive(): Promise<void> {
    const everyMs = Math.min(this.#options.ackWaitMs / 3, 5_000);
    while (!this.#stopping || this.#held.size > 0) {
      await this.#beatRest.pause(everyMs);
      for (const message of this.#held) message.working();
    }
  }
}
