import type { ServerHttp2Session } from 'node:http2';
import type { MetricsRegistry } from '@peermesh/telemetry';

const PING_MS = 20_000;

/** Keeps the connections of the API: who answers no ping within its interval is gone, whatever TCP still believes. */
export class SessionWatch {
  readonly #sessions = new Map<ServerHttp2Session, boolean>();
  readonly #timer: NodeJS.Timeout;
  #force: NodeJS.Timeout | undefined;

  constructor(metrics: MetricsRegistry) {
    this.#timer = setInterval(() => this.#ping(), PING_MS).unref();
    metrics.gauge({
      name: 'rpc_connections',
      help: 'Connections of clients to the gRPC API.',
      collect: (gauge) => gauge.set(this.#sessions.size),
    });
  }

  add(session: ServerHttp2Session): void {
    this.#sessions.set(session, true);
    session.on('error', ignore);
    session.once('close', () => this.#sessions.delete(session));
  }

  /** Each connection ends with its last call, at the latest when the grace is over. */
  close(graceMs: number): void {
    for (const session of this.#sessions.keys()) session.close();
    this.#force = setTimeout(() => {
      for (const session of this.#sessions.keys()) session.destroy();
    }, graceMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#force);
  }

  #ping(): void {
    for (const [session, hasAnswered] of this.#sessions) {
      if (!hasAnswered) session.destroy();
      else {
        this.#sessions.set(session, false);
        session.ping((error) => {
          if (error === null && this.#sessions.has(session)) this.#sessions.set(session, true);
        });
      }
    }
  }
}

/** A connection that fails is closed; that is what counts. */
const ignore = (): void => undefined;
