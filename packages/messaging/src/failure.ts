import { isConnectionLoss } from '@peermesh/database';
import { isPeerMeshError } from '@peermesh/errors';

const KIND = Symbol.for('peermesh.messaging.failure');

/** How a handler may classify what went wrong. */
class HandlingFailure extends Error {
  readonly [KIND]: 'retryable' | 'poison';
  readonly code: string;
  readonly delayMs: number | undefined;

  constructor(
    kind: 'retryable' | 'poison',
    code: string,
    message: string,
    options: { cause?: unknown; delayMs?: number } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'HandlingFailure';
    this[KIND] = kind;
    this.code = code;
    this.delayMs = options.delayMs;
  }
}

/** Throw it to have the event again later, after `delayMs` or after a growing delay. */
export function retryable(cause: unknown, delayMs?: number): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new HandlingFailure('retryable', 'PM_MESSAGING_RETRY', message, {
    cause,
    ...(delayMs === undefined ? {} : { delayMs }),
  });
}

/** Throw it when no attempt can ever succeed: the event goes to the dead letters at once. */
export function poison(code: string, detail: string): Error {
  return new HandlingFailure('poison', code, detail);
}

/** What is to become of an event whose handler threw. */
export interface Verdict {
  /**
   * `retry`: later, up to the limit of attempts. `dead`: never. `busy`: something that the handler needs is away, so trying
   * the neighbours one by one would tell nothing. `outage`: our own database is away; the event is held until it is back.
   */
  readonly kind: 'retry' | 'dead' | 'busy' | 'outage';
  readonly code: string;
  readonly reason: string;
  readonly delayMs: number | undefined;
}

/** Classifies what a handler threw: 4xx of the catalogue is poison, everything else is tried again. */
export function verdictOn(error: unknown): Verdict {
  const reason = error instanceof Error ? error.message.slice(0, 1000) : 'unknown';
  if (isConnectionLoss(error) || (error instanceof Error && isConnectionLoss(error.cause)))
    return { kind: 'outage', code: 'PM_COMMON_UNAVAILABLE', reason, delayMs: undefined };
  if (typeof error === 'object' && error !== null && KIND in error) {
    const failure = error as HandlingFailure;
    const kind = failure[KIND] === 'poison' ? 'dead' : 'retry';
    return { kind, code: failure.code, reason, delayMs: failure.delayMs };
  }
  if (isPeerMeshError(error)) {
    const { status, code } = error;
    const isPassing = status >= 500 || status === 409 || status === 429;
    return { kind: status === 503 ? 'busy' : isPassing ? 'retry' : 'dead', code, reason, delayMs: undefined };
  }
  return { kind: 'retry', code: 'PM_MESSAGING_HANDLER_FAILED', reason, delayMs: undefined };
}

/** The delay before attempt number `attempts + 1`: exponential from 250 ms to 5 min, with full jitter above one half. */
export function retryDelayMs(attempts: number, random: () => number = Math.random): number {
  const ceiling = Math.min(300_000, 250 * 2 ** Math.min(20, Math.max(0, attempts - 1)));
  return Math.round(ceiling * (0.5 + random() / 2));
}
