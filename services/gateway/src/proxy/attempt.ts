import type { Dispatcher } from 'undici';
import type { UpstreamTarget } from './upstream-target.ts';

/** What an attempt reports to. At most one of `failed` and `ended` follows, and nothing after {@link Attempt.abandon}. */
export interface AttemptListener {
  onHead(status: number, headers: Record<string, string | string[] | undefined>): void;
  onData(chunk: Buffer, attempt: Attempt): void;
  onEnd(): void;
  onFailure(error: Error, attempt: Attempt): void;
}

/** One request to one target, as undici's dispatch handler. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly target: UpstreamTarget;
  readonly startedAtMs: number;
  /** The request was at least partly written: it may have had an effect. */
  wasSent = false;
  hasHead = false;
  readonly #listener: AttemptListener;
  #controller: Dispatcher.DispatchController | null = null;
  #abandonedFor: Error | null = null;
  #isOver = false;

  constructor(target: UpstreamTarget, listener: AttemptListener, nowMs: number) {
    this.target = target;
    this.#listener = listener;
    this.startedAtMs = nowMs;
    target.inFlight++;
  }

  /** Stops the attempt; its connection is closed. The listener hears nothing more. */
  abandon(reason: Error): void {
    if (this.#abandonedFor !== null) return;
    this.#abandonedFor = reason;
    this.#finish();
    this.#controller?.abort(reason);
  }

  /** Lets the answer run out unread, so that its connection can serve again. The listener hears nothing more. */
  discard(): void {
    this.#abandonedFor ??= new Error('the answer is not used');
    this.#finish();
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.wasSent = true;
    if (this.#abandonedFor !== null) controller.abort(this.#abandonedFor);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.#abandonedFor !== null) return;
    this.hasHead = true;
    this.#listener.onHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#abandonedFor === null) this.#listener.onData(chunk, this);
  }

  onResponseEnd(): void {
    this.#finish();
    if (this.#abandonedFor === null) this.#listener.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish();
    if (this.#abandonedFor === null) this.#listener.onFailure(error, this);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.target.inFlight--;
  }
}
