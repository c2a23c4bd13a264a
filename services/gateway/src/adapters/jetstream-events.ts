import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { CloudEvent } from '@peermesh/contracts';
import { RoutesChanged, SessionRevoked } from '@peermesh/contracts/events';
import { createTail, type Tail } from '@peermesh/messaging';
import type { Logger } from '@peermesh/telemetry';
import type { GatewayEvents } from '../ports.ts';
import { EVENTS_BY_STREAM } from '../realtime/entry.ts';
import { type Position, REALTIME_STREAMS, type StreamKey } from '../realtime/position.ts';
import { JetStreamHistory } from './jetstream-history.ts';

/** Longer than any access token lives. */
const REVOCATIONS_BACK_MS = 60 * 60 * 1000;

/** What the gateway hears of over JetStream, without consumers that would outlive it. */
export class JetStreamEvents implements GatewayEvents {
  readonly history: JetStreamHistory;
  readonly #nats: NatsConnection;
  readonly #logger: Logger;
  readonly #tails: Tail[] = [];

  constructor(options: { readonly nats: NatsConnection; readonly logger: Logger; readonly replayMax: number }) {
    this.#nats = options.nats;
    this.#logger = options.logger;
    this.history = new JetStreamHistory(options);
  }

  async position(): Promise<Position> {
    const { streams } = await jetstreamManager(this.#nats);
    const [p, s] = await Promise.all([streams.info(REALTIME_STREAMS.p), streams.info(REALTIME_STREAMS.s)]);
    return { p: p.state.last_seq, s: s.state.last_seq };
  }

  follow(from: Position, handler: (event: CloudEvent, stream: StreamKey, sequence: number) => void): void {
    for (const stream of ['p', 's'] as const) {
      this.#tails.push(
        createTail(
          {
            nats: this.#nats,
            events: EVENTS_BY_STREAM[stream],
            from: { sequence: from[stream] + 1 },
            logger: this.#logger,
          },
          (event, { sequence }) => handler(event, stream, sequence),
        ),
      );
    }
  }

  followRevocations(handler: (event: CloudEvent) => void): Tail {
    const from = { time: new Date(Date.now() - REVOCATIONS_BACK_MS) };
    const tail = createTail({ nats: this.#nats, events: [SessionRevoked], from, logger: this.#logger }, handler);
    this.#tails.push(tail);
    return tail;
  }

  followRoutes(handler: () => void): void {
    this.#tails.push(
      createTail({ nats: this.#nats, events: [RoutesChanged], from: 'new', logger: this.#logger }, () => handler()),
    );
  }

  async ping(): Promise<void> {
    await this.#nats.rtt();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#tails.map((tail) => tail.stop()));
  }
}
