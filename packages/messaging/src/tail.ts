import { type ConsumerMessages, DeliverPolicy, jetstream, type StreamState } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { CloudEvent, EventDefinition, StreamName } from '@peermesh/contracts';
import type { Logger } from '@peermesh/telemetry';
import { fromHeaders } from './envelope.ts';
import { codecOf } from './event-codec.ts';
import { headerReader } from './received-headers.ts';

/** Where a tail begins. */
export type TailStart = 'new' | { readonly time: Date } | { readonly sequence: number };

/** Where an event stands in its stream. */
export interface TailPosition {
  readonly stream: StreamName;
  readonly sequence: number;
  readonly publishedAt: Date;
}

/** An ordered view of events without an inbox: for caches and fan-out, where every replica sees everything. */
export interface Tail {
  /** Resolves when everything that was in the streams at the start has been handled. */
  readonly caughtUp: Promise<void>;
  /** When the server was last known to be there, in milliseconds since the epoch. */
  readonly lastHeardAt: number;
  stalenessMs(): number;
  stop(): Promise<void>;
}

/** What {@link createTail} needs. */
export interface TailOptions {
  readonly nats: NatsConnection;
  readonly events: readonly EventDefinition[];
  readonly from: TailStart;
  readonly logger: Logger;
}

type TailHandler = (event: CloudEvent, position: TailPosition) => void;

const HEARTBEAT_MS = 1_000;

/**
 * Follows streams in order, from a point on, for as long as it is not stopped. After a reconnect it goes on behind the last
 * event that it has handled. Events that do not match their schema are skipped with a warning.
 */
export function createTail(options: TailOptions, handle: TailHandler): Tail {
  const streams = new Map<StreamName, Map<string, EventDefinition>>();
  for (const event of options.events) {
    const types = streams.get(event.stream) ?? new Map<string, EventDefinition>();
    streams.set(event.stream, types.set(event.type, event));
  }
  const followers = [...streams].map(([stream, types]) => new StreamFollower(options, stream, types, handle));
  for (const follower of followers) follower.start();
  return {
    caughtUp: Promise.all(followers.map((follower) => follower.caughtUp.promise)).then(() => undefined),
    get lastHeardAt() {
      return Math.min(...followers.map((follower) => follower.lastHeardAt));
    },
    stalenessMs() {
      const age = Date.now() - this.lastHeardAt;
      return age <= HEARTBEAT_MS * 2.5 ? 0 : age;
    },
    stop: async () => {
      await Promise.all(followers.map((follower) => follower.stop()));
    },
  };
}

const LOST: ReadonlySet<string> = new Set([
  'heartbeats_missed',
  'consumer_not_found',
  'consumer_deleted',
  'stream_not_found',
  'reset',
]);

/**
 * Ends an iteration whose ordered consumer is gone, so that the follower makes a new one behind what it has handled. The
 * client would try by itself, but keeps `opt_start_time` beside a start sequence, which the server refuses for ever.
 */
async function startAgainWhenLost(messages: ConsumerMessages): Promise<void> {
  for await (const status of messages.status()) {
    if (LOST.has(status.type)) messages.stop();
  }
}

class StreamFollower {
  readonly caughtUp = Promise.withResolvers<void>();
  readonly #options: TailOptions;
  readonly #stream: StreamName;
  readonly #types: ReadonlyMap<string, EventDefinition>;
  readonly #handle: TailHandler;
  #last = 0;
  #created = '';
  #stopping = false;
  #messages: ConsumerMessages | null = null;
  #running: Promise<void> | null = null;
  #heartbeat: NodeJS.Timeout | null = null;
  #following = false;
  lastHeardAt = 0;

  constructor(
    options: TailOptions,
    stream: StreamName,
    types: ReadonlyMap<string, EventDefinition>,
    handle: TailHandler,
  ) {
    this.#options = options;
    this.#stream = stream;
    this.#types = types;
    this.#handle = handle;
  }

  start(): void {
    this.#running = this.#run();
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#messages?.stop();
    await this.#running;
  }

  async #beat(): Promise<void> {
    if (!this.#following) return;
    try {
      await this.#options.nats.rtt();
      if (this.#following) this.lastHeardAt = Date.now();
    } catch {
      // The age of `lastHeardAt` tells.
    }
  }

  async #run(): Promise<void> {
    const { nats, logger } = this.#options;
    while (!this.#stopping) {
      try {
        const client = jetstream(nats);
        const info = await (await client.jetstreamManager()).streams.info(this.#stream);
        if (this.#created !== '' && this.#created !== info.created) this.#last = 0;
        const isNew = this.#created === '';
        this.#created = info.created;
        const consumer = await client.consumers.get(this.#stream, this.#startOf(isNew, info.state.last_seq));
        const messages = await consumer.consume({ max_messages: 1_000, idle_heartbeat: 2_000, expires: 10_000 });
        this.#messages = messages;
        void startAgainWhenLost(messages);
        if (this.#stopping) messages.stop();
        this.#following = true;
        const target = info.state.last_seq;
        if (this.#hasAll(info.state)) this.#caughtUpNow();
        for await (const message of messages) {
          this.#last = message.seq;
          this.lastHeardAt = Date.now();
          this.#deliver(headerReader(message), message.data, message.seq, Number(message.timestampNanos / 1_000_000n));
          if (message.seq >= target || message.info.pending === 0) this.caughtUp.resolve();
        }
      } catch (error) {
        if (!this.#stopping) logger.warn({ err: error, stream: this.#stream }, 'tail lost its stream; it starts again');
      }
      this.#following = false;
      if (!this.#stopping) await new Promise((resolve) => setTimeout(resolve, 250));
    }
    this.caughtUp.resolve();
  }

  /** Whether nothing of what the stream holds is still to come: no message will say that it was the last one then. */
  #hasAll({ messages, last_seq: lastSequence, last_ts: lastAt }: StreamState): boolean {
    const { from } = this.#options;
    if (from === 'new' || messages === 0 || this.#last >= lastSequence) return true;
    if ('sequence' in from) return from.sequence > lastSequence;
    return Date.parse(lastAt) < from.time.getTime();
  }

  #caughtUpNow(): void {
    this.lastHeardAt = Date.now();
    this.caughtUp.resolve();
  }

  #startOf(
    isNew: boolean,
    lastSequence: number,
  ): { deliver_policy: DeliverPolicy; opt_start_seq?: number; opt_start_time?: string } {
    const { from } = this.#options;
    if (this.#last > 0 || !isNew) return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.#last + 1 };
    if (from === 'new') {
      this.#last = lastSequence;
      return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: lastSequence + 1 };
    }
    if ('time' in from) return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.time.toISOString() };
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, from.sequence) };
  }

  #deliver(header: (name: string) => string, body: Uint8Array, sequence: number, publishedMs: number): void {
    const envelope = fromHeaders(header);
    if ('missing' in envelope) return;
    const event = this.#types.get(envelope.type);
    if (event === undefined) return;
    const decoded = codecOf(event).decode(body);
    if ('refused' in decoded) {
      this.#options.logger.warn(
        { type: envelope.type, sequence },
        'tail skips an event that does not match its schema',
      );
      return;
    }
    try {
      this.#handle(
        { ...envelope, data: decoded.data },
        { stream: this.#stream, sequence, publishedAt: new Date(publishedMs) },
      );
    } catch (error) {
      this.#options.logger.error({ err: error, type: envelope.type, sequence }, 'tail handler failed');
    }
  }
}

/** Waits until a tail has caught up, at most so long: a service that starts while the broker is away must start all the same. */
export async function caughtUpWithin(tail: Pick<Tail, 'caughtUp'>, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  await Promise.race([tail.caughtUp, promise]);
  clearTimeout(timer);
}
