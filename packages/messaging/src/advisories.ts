import { type JsMsg, jetstreamManager } from '@nats-io/jetstream';
import type { ConsumerHost } from './consumer-options.ts';
import { buryMessage } from './dead-letter-store.ts';
import { PullSource } from './pull-source.ts';

const SUBJECT = '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>';

interface MaxDeliveries {
  readonly stream: string;
  readonly consumer: string;
  readonly stream_seq: number;
  readonly deliveries: number;
}

/**
 * The net under the consumers: a message whose deliveries all ended without an answer is skipped by the server in silence,
 * apart from an advisory. This listener fetches such a message by its sequence and makes it a dead letter.
 */
export class AdvisoryListener {
  readonly #host: ConsumerHost;
  readonly #consumers: ReadonlySet<string>;
  readonly #pull: PullSource;
  #running: Promise<void> | null = null;

  /** @param consumers the durable consumers whose messages are this listener's business */
  constructor(host: ConsumerHost, consumers: readonly string[]) {
    this.#host = host;
    this.#consumers = new Set(consumers);
    this.#pull = new PullSource({
      nats: host.nats,
      logger: host.logger,
      metrics: host.metrics,
      stream: 'ADVISORY',
      subject: SUBJECT,
      durable: `${host.module}-advisories`,
      prefetch: 20,
      ackWaitMs: 30_000,
      deliveriesMax: -1,
    });
  }

  start(): void {
    this.#pull.start();
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#pull.stop(), this.#running]);
  }

  async #run(): Promise<void> {
    for (;;) {
      const [message] = await this.#pull.take(1);
      if (message === undefined) return;
      try {
        await this.#rescue(message);
        message.ack();
      } catch (error) {
        this.#host.logger.warn({ err: error }, 'an advisory could not be handled; it comes again');
        message.nak(5_000);
      } finally {
        this.#pull.release([message]);
      }
    }
  }

  async #rescue(message: JsMsg): Promise<void> {
    const advisory = message.json<MaxDeliveries>();
    if (!this.#consumers.has(advisory.consumer)) return;
    const manager = await jetstreamManager(this.#host.nats);
    const lost = await manager.streams.getMessage(advisory.stream, { seq: advisory.stream_seq });
    if (lost === null) return;
    await buryMessage(this.#host, {
      consumer: advisory.consumer,
      stream: advisory.stream,
      streamSequence: advisory.stream_seq,
      subject: lost.subject,
      headers: lost.header,
      body: lost.data,
      code: 'PM_MESSAGING_EXHAUSTED',
      reason: 'every delivery ended without an answer',
      attempts: advisory.deliveries,
    });
    this.#host.logger.error(
      { consumer: advisory.consumer, streamSequence: advisory.stream_seq },
      'event became a dead letter after its last delivery',
    );
  }
}
