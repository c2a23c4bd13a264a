import type { Channel } from './channel.ts';
import {
  type Connection,
  DialError,
  type RefusalReason,
  type TransportCredentials,
  type TransportEvents,
  type TransportStats,
} from './port.ts';
import { RefusalCounters } from './refusal-counters.ts';
import { Session, type SessionEvents } from './session.ts';
import type { TransportSettings } from './settings.ts';

/** A dial under way: it ends in a connection, in another attempt or in one `onDialFailed`. */
export interface Attempt {
  readonly address: string;
  readonly lane: number;
  readonly expectedPeer: string | null;
  /** What is tried when this one fails; null when there is nothing left. */
  readonly otherwise: (() => void) | null;
}

/** What adapters have in common: the sessions, their heartbeats, the counts, and what is told of them. */
export class SessionHub implements SessionEvents {
  readonly refusals = new RefusalCounters();
  settings: TransportSettings;
  isClosed = false;
  readonly #events: TransportEvents;
  readonly #sessions = new Map<Session, Attempt | null>();
  readonly #dials = new Set<AbortController>();
  readonly #beat: NodeJS.Timeout;
  #onEmpty: (() => void) | null = null;
  #nextId = 1;
  #accepted = 0;
  #dialled = 0;

  constructor(settings: TransportSettings, events: TransportEvents) {
    this.settings = settings;
    this.#events = events;
    this.#beat = setInterval(() => this.#beatAll(), settings.limits.heartbeatMs);
    this.#beat.unref();
  }

  /** A session over this channel, from the HELLO on. */
  begin(channel: Channel, attempt: Attempt | null): Session {
    const session = new Session(this.#nextId, channel, attempt?.expectedPeer ?? null, this.settings, this);
    this.#nextId += 1;
    this.#sessions.set(session, attempt);
    return session;
  }

  /** Runs one attempt; what it throws becomes the reason of its failure. `open` must begin a session within the time. */
  dial(attempt: Attempt, open: (signal: AbortSignal) => Promise<Session>): void {
    const controller = new AbortController();
    if (this.isClosed) return;
    this.#dials.add(controller);
    const timeout = setTimeout(
      () => controller.abort(new DialError('handshake_timeout')),
      this.settings.limits.handshakeTimeoutMs,
    );
    const failed = (error: unknown): void => {
      clearTimeout(timeout);
      this.#dials.delete(controller);
      this.#dialFailed(attempt, error);
    };
    open(controller.signal).then((session) => {
      controller.signal.addEventListener('abort', () => session.refuse('handshake_timeout'));
      session.whenSettled(() => {
        clearTimeout(timeout);
        this.#dials.delete(controller);
      });
    }, failed);
  }

  setCredentials(credentials: TransportCredentials): void {
    this.settings = { ...this.settings, credentials };
  }

  dropRevoked(): void {
    for (const session of this.#sessions.keys()) session.checkRevoked();
  }

  stats(pending: number): TransportStats {
    return {
      connections: [...this.#sessions.keys()].filter(({ isEstablished }) => isEstablished).length,
      handshakes: pending,
      accepted: this.#accepted,
      dialled: this.#dialled,
      refused: new Map(this.refusals.counts),
    };
  }

  /** Ends all sessions and attempts; resolves when the last one has been told. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.#beat);
    for (const dial of this.#dials) dial.abort(new DialError('shutdown'));
    const emptied = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    for (const session of this.#sessions.keys()) session.close('shutdown');
    if (this.#sessions.size > 0) await emptied;
  }

  onEstablished(session: Session): void {
    if (session.isDialled) this.#dialled += 1;
    else this.#accepted += 1;
    this.#events.onConnection(session satisfies Connection);
  }

  onBatch(session: Session, bytes: Uint8Array): void {
    this.#events.onBatch(session, bytes);
  }

  onEnded(session: Session, reason: string): void {
    const attempt = this.#sessions.get(session);
    this.#sessions.delete(session);
    if (session.isEstablished) this.#events.onClosed(session, reason);
    else if (attempt != null) this.#tellFailed(attempt, new DialError(reason));
    if (this.#sessions.size === 0) this.#onEmpty?.();
  }

  onRefused(reason: RefusalReason): void {
    this.refusals.add(reason);
  }

  #dialFailed(attempt: Attempt, cause: unknown): void {
    const error = cause instanceof DialError ? cause : new DialError('unreachable', cause);
    if (!error.reason.startsWith('peer: ') && error.reason !== 'shutdown')
      this.refusals.add(error.reason as RefusalReason);
    this.#tellFailed(attempt, error);
  }

  #tellFailed({ address, lane, otherwise }: Attempt, error: DialError): void {
    if (otherwise !== null && !this.isClosed) otherwise();
    else this.#events.onDialFailed(address, lane, error);
  }

  #beatAll(): void {
    const nowMs = performance.now();
    for (const session of this.#sessions.keys()) session.beat(nowMs);
  }
}

const REASON_PATTERN = /^[a-z][a-z0-9_ ]{0,59}$/;

/** What the other side gave as its reason, as `onClosed` tells it: only plain words get through. */
export function reasonOfPeer(text: string): string {
  return REASON_PATTERN.test(text) ? `peer: ${text}` : 'peer: closed';
}
