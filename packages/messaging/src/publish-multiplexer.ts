import { createInbox, type Msg, type MsgHdrs, type NatsConnection, type Subscription } from '@nats-io/transport-node';

/** Where JetStream stored a message. */
export interface PublishAck {
  readonly stream: string;
  readonly sequence: number;
  readonly duplicate: boolean;
}

interface Pending {
  readonly resolve: (ack: PublishAck) => void;
  readonly reject: (error: Error) => void;
  readonly sentAt: number;
}

/**
 * Publishes to JetStream with one shared reply subscription and no promise chain of the client's per message; several
 * times faster than one request each.
 */
export class PublishMultiplexer {
  readonly #nats: NatsConnection;
  readonly #timeoutMs: number;
  readonly #prefix = createInbox();
  readonly #pending = new Map<string, Pending>();
  readonly #subscription: Subscription;
  readonly #sweeper: NodeJS.Timeout;
  #next = 0;
  #connected = true;
  #closed = false;

  constructor(nats: NatsConnection, timeoutMs = 5_000) {
    this.#nats = nats;
    this.#timeoutMs = timeoutMs;
    this.#subscription = nats.subscribe(`${this.#prefix}.*`, {
      callback: (error, message) => this.#onReply(error, message),
    });
    this.#sweeper = setInterval(() => this.#sweep(), 250);
    this.#sweeper.unref();
    void this.#watch();
  }

  /** Resolves when the stream has stored the message; rejects after the time limit or when no stream takes it. */
  publish(subject: string, body: Uint8Array, headers: MsgHdrs): Promise<PublishAck> {
    if (!this.#connected) return Promise.reject(new Error('the connection to NATS is lost'));
    const token = (this.#next++).toString(36);
    return new Promise((resolve, reject) => {
      this.#pending.set(token, { resolve, reject, sentAt: Date.now() });
      try {
        this.#nats.publish(subject, body, { headers, reply: `${this.#prefix}.${token}` });
      } catch (error) {
        this.#pending.delete(token);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Fails everything that is still waiting. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    this.#subscription.unsubscribe();
    this.#failAll('the publisher was closed');
  }

  /** Answers do not survive the connection that they were asked on, and nothing may overtake what was lost with it. */
  async #watch(): Promise<void> {
    for await (const status of this.#nats.status()) {
      if (this.#closed) return;
      if (status.type === 'disconnect') {
        this.#connected = false;
        this.#failAll('the connection to NATS was lost');
      } else if (status.type === 'reconnect') this.#connected = true;
    }
  }

  #failAll(reason: string): void {
    for (const waiting of this.#pending.values()) waiting.reject(new Error(reason));
    this.#pending.clear();
  }

  #onReply(error: Error | null, message: Msg): void {
    if (error !== null) return;
    const token = message.subject.slice(this.#prefix.length + 1);
    const waiting = this.#pending.get(token);
    if (waiting === undefined) return;
    this.#pending.delete(token);
    if (message.headers?.code === 503) {
      waiting.reject(new Error('no stream takes this subject'));
      return;
    }
    const reply = message.json<{
      stream?: string;
      seq?: number;
      duplicate?: boolean;
      error?: { description?: string };
    }>();
    if (reply.error !== undefined || reply.stream === undefined || reply.seq === undefined) {
      waiting.reject(new Error(`JetStream refused the message: ${reply.error?.description ?? 'no sequence'}`));
      return;
    }
    waiting.resolve({ stream: reply.stream, sequence: reply.seq, duplicate: reply.duplicate === true });
  }

  #sweep(): void {
    const oldest = Date.now() - this.#timeoutMs;
    for (const [token, waiting] of this.#pending) {
      if (waiting.sentAt > oldest) return;
      this.#pending.delete(token);
      waiting.reject(new Error(`no answer from JetStream within ${this.#timeoutMs} ms`));
    }
  }
}
