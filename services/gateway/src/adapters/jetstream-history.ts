import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { CloudEvent } from '@peermesh/contracts';
import { createTail } from '@peermesh/messaging';
import type { Logger } from '@peermesh/telemetry';
import type { RealtimeConnection } from '../realtime/connection.ts';
import { EVENTS_BY_STREAM, entryOf, type RealtimeEntry } from '../realtime/entry.ts';
import type { StreamHistory } from '../realtime/history.ts';
import { type Position, REALTIME_STREAMS, type StreamKey } from '../realtime/position.ts';

const REPLAYS_AT_ONCE = 4;
const REPLAY_BYTES_MAX = 16 * 1024 * 1024;
const DRAIN_CHECK_MS = 20;

/** Reads events back from the streams themselves. A few at a time; the rest wait. */
export class JetStreamHistory implements StreamHistory {
  readonly #nats: NatsConnection;
  readonly #logger: Logger;
  readonly #replayMax: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: { readonly nats: NatsConnection; readonly logger: Logger; readonly replayMax: number }) {
    this.#nats = options.nats;
    this.#logger = options.logger;
    this.#replayMax = options.replayMax;
  }

  async isKnown(position: Readonly<Position>): Promise<boolean> {
    const { streams } = await jetstreamManager(this.#nats);
    const [p, s] = await Promise.all([streams.info(REALTIME_STREAMS.p), streams.info(REALTIME_STREAMS.s)]);
    return position.p <= p.state.last_seq && position.s <= s.state.last_seq;
  }

  async replay(
    connection: RealtimeConnection,
    until: Readonly<Position>,
    bufferBytesMax: number,
  ): Promise<'done' | 'expired'> {
    await this.#enter();
    try {
      for (const stream of ['p', 's'] as const) {
        const from = connection.position[stream];
        if (from >= until[stream]) continue;
        if (until[stream] - from > this.#replayMax || !(await this.#holds(stream, from + 1))) return 'expired';
        const entries = await this.#read(connection, stream, until[stream]);
        if (entries === null) return 'expired';
        for (const entry of entries) {
          await drained(connection, bufferBytesMax);
          if (connection.isClosed) return 'done';
          connection.send(entry);
          connection.behindSinceMs = performance.now();
        }
        connection.position[stream] = Math.max(connection.position[stream], until[stream]);
      }
      return 'done';
    } finally {
      this.#leave();
    }
  }

  async #holds(stream: StreamKey, sequence: number): Promise<boolean> {
    const { streams } = await jetstreamManager(this.#nats);
    const { state } = await streams.info(REALTIME_STREAMS[stream]);
    return state.first_seq <= sequence;
  }

  /** What the connection wants up to and including `until`; null when that is too much. */
  async #read(connection: RealtimeConnection, stream: StreamKey, until: number): Promise<RealtimeEntry[] | null> {
    const entries: RealtimeEntry[] = [];
    const { promise: reachedEnd, resolve } = Promise.withResolvers<void>();
    let bytes = 0;
    const keep = (event: CloudEvent, sequence: number): void => {
      if (sequence <= until && bytes <= REPLAY_BYTES_MAX) {
        const entry = entryOf(event, sequence, { ...connection.position, [stream]: sequence });
        if (entry !== null && connection.wants(entry)) {
          entries.push(entry);
          bytes += entry.message.length;
        }
      }
      if (sequence >= until || bytes > REPLAY_BYTES_MAX) resolve();
    };
    const from = { sequence: connection.position[stream] + 1 };
    const events = EVENTS_BY_STREAM[stream];
    const tail = createTail({ nats: this.#nats, events, from, logger: this.#logger }, (event, { sequence }) =>
      keep(event, sequence),
    );
    try {
      await Promise.race([reachedEnd, tail.caughtUp]);
    } finally {
      await tail.stop();
    }
    return bytes > REPLAY_BYTES_MAX ? null : entries;
  }

  async #enter(): Promise<void> {
    if (this.#running >= REPLAYS_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
  }

  #leave(): void {
    this.#running--;
    this.#waiting.shift()?.();
  }
}

/** Waits until the client has taken enough of what was sent. The hub closes a client that never does. */
async function drained(connection: RealtimeConnection, bufferBytesMax: number): Promise<void> {
  while (!connection.isClosed && connection.transport.bufferedBytes > bufferBytesMax) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS));
  }
}
