import { gatewayErrors, isPeerMeshError } from '@peermesh/errors';
import { insideTrace, traceHeaders } from '@peermesh/telemetry';
import { Attempt, type AttemptListener } from './attempt.ts';
import type { Exchange } from './exchange.ts';
import { clientHeaders, upstreamHeaders } from './headers.ts';
import { failureOf, isIdempotent } from './outcome.ts';
import type { UpstreamTarget } from './upstream-target.ts';

/** Sends an admitted request to its service and the answer to the client: attempts, time limits, retries, breaker. */
export class Forwarding implements AttemptListener {
  readonly #exchange: Exchange;
  #attempt: Attempt | null = null;
  #tried: UpstreamTarget[] = [];
  #retries = 0;
  #holdsSlot = false;
  #timer: NodeJS.Timeout | null = null;
  #status = 0;
  #head: string[] | null = null;
  #expectedBytes = -1;
  #isWaitingForDrain = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Throws a catalogue error when the route takes no more now. */
  start(): void {
    const { state, concurrencyMax } = this.#exchange.route!;
    if (state.inFlight >= concurrencyMax) throw gatewayErrors.overloaded({ retryAfterSeconds: 1 });
    const nowMs = performance.now();
    if (state.breaker !== null && !state.breaker.admit(nowMs)) {
      throw gatewayErrors.upstreamUnavailable({
        internal: 'the circuit breaker is open',
        retryAfterSeconds: state.breaker.retryAfterMs(nowMs) / 1000,
      });
    }
    state.inFlight++;
    this.#holdsSlot = true;
    state.retryBudget.earn();
    this.#dispatch(nowMs);
  }

  /** The answer is complete, or the client is gone. */
  close(): void {
    this.#clearTimer();
    if (!this.#holdsSlot) return;
    const exchange = this.#exchange;
    const { state } = exchange.route!;
    state.inFlight--;
    if (this.#attempt === null || exchange.response.writableFinished) return;
    this.#attempt.abandon(new Error('the client is gone'));
    if (this.#head === null) state.breaker?.forget();
    exchange.parts.metrics.clientGone(exchange.routeId);
  }

  #dispatch(nowMs: number): void {
    const { route, parts, request, target, body, identity, clientAddress, requestId, trace } = this.#exchange;
    const { headers, method = 'GET' } = request;
    const instance = parts.upstreams.get(route!.service)!.pick(nowMs, this.#tried);
    if (route!.retriesMax > 0) this.#tried.push(instance);
    const attempt = new Attempt(instance, this, nowMs);
    this.#attempt = attempt;
    this.#armTimer(nowMs);
    instance.pool.dispatch(
      {
        path: target!.path + target!.search,
        method: method as 'GET',
        body,
        bodyTimeout: route!.idleTimeoutMs,
        headers: upstreamHeaders(headers, {
          requestId,
          clientAddress,
          isPeerTrusted: parts.addresses.isTrustedPeer(request),
          isEncrypted: 'encrypted' in request.socket,
          authorization: route!.isPublic ? (headers.authorization ?? null) : identity!.authorization,
          contentLength: body === null ? null : (headers['content-length'] ?? null),
          trace: trace === null ? null : insideTrace(trace, traceHeaders),
        }),
      },
      attempt,
    );
  }

  /** A streamed upload has no limit of its own until it is complete: the server's request timeout guards it. */
  #armTimer(nowMs: number): void {
    const exchange = this.#exchange;
    const { totalTimeoutMs, tryTimeoutMs } = exchange.route!;
    if (!exchange.hasStreamedBody || exchange.request.complete) {
      const leftMs = totalTimeoutMs - (nowMs - exchange.startedAtMs);
      this.#startTimer(Math.max(1, Math.min(tryTimeoutMs, leftMs)));
      return;
    }
    exchange.request.once('end', () => {
      if (!exchange.isOver && this.#timer === null && this.#head === null) this.#startTimer(tryTimeoutMs);
    });
  }

  #startTimer(timeoutMs: number): void {
    this.#timer = setTimeout(onTimeout, timeoutMs, this);
  }

  #clearTimer(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  onTimeout(): void {
    this.#timer = null;
    const attempt = this.#attempt;
    if (attempt === null || this.#exchange.isOver) return;
    const { route, parts, requestId } = this.#exchange;
    const nowMs = performance.now();
    this.#attempt = null;
    attempt.abandon(new Error('timeout'));
    attempt.target.timedOut(nowMs - attempt.startedAtMs, nowMs);
    parts.metrics.upstreamFailed(route!.service, 'timeout');
    parts.logger.warn({ route: route!.id, target: attempt.target.url, requestId }, 'upstream took too long');
    route!.state.breaker?.record(false, nowMs);
    this.#exchange.refuse(gatewayErrors.upstreamTimeout());
  }

  onHead(status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#clearTimer();
    const exchange = this.#exchange;
    const attempt = this.#attempt!;
    const route = exchange.route!;
    const nowMs = performance.now();
    const isDeliberate = String(headers['content-type'] ?? '').startsWith('application/problem+json');
    const isFailure = status === 502 || status === 504 || (status === 503 && !isDeliberate);
    attempt.target.answered(nowMs - attempt.startedAtMs, nowMs, isFailure);
    if (isFailure) exchange.parts.metrics.upstreamFailed(route.service, String(status));
    const isRepeatable = (status === 502 && route.retries502) || (status === 503 && route.retries503);
    if (isRepeatable && this.#mayRepeat(nowMs)) {
      attempt.discard();
      this.#retry(String(status), nowMs);
      return;
    }
    route.state.breaker?.record(!isFailure, nowMs);
    this.#status = status;
    const length = headers['content-length'];
    this.#expectedBytes = typeof length === 'string' ? Number(length) : -1;
    this.#head = clientHeaders(headers, { dropsRateLimit: route.rateLimitPolicy !== null });
    exchange.pushOwnHeaders(this.#head);
    process.nextTick(flushHead, this);
  }

  /** Sends the head alone when the body has not come with it. */
  flushHead(): void {
    const { response, isOver } = this.#exchange;
    if (this.#head === null || response.headersSent || isOver) return;
    response.writeHead(this.#status, this.#head);
    response.flushHeaders();
  }

  onData(chunk: Buffer, attempt: Attempt): void {
    const { response, isOver } = this.#exchange;
    if (isOver) return;
    if (!response.headersSent) {
      response.writeHead(this.#status, this.#head!);
      if (chunk.length === this.#expectedBytes) {
        response.end(chunk);
        return;
      }
    }
    if (response.writableEnded || response.write(chunk) || this.#isWaitingForDrain) return;
    this.#isWaitingForDrain = true;
    attempt.pause();
    response.once('drain', () => {
      this.#isWaitingForDrain = false;
      attempt.resume();
    });
  }

  onEnd(): void {
    this.#attempt = null;
    const { response, isOver } = this.#exchange;
    if (isOver) return;
    if (!response.headersSent) response.writeHead(this.#status, this.#head!);
    if (!response.writableEnded) response.end();
  }

  onFailure(error: Error, attempt: Attempt): void {
    this.#clearTimer();
    this.#attempt = null;
    const exchange = this.#exchange;
    if (exchange.isOver) return;
    const { parts, requestId, routeId } = exchange;
    const route = exchange.route!;
    const nowMs = performance.now();
    if (isPeerMeshError(error)) {
      route.state.breaker?.forget();
      exchange.refuse(error);
      return;
    }
    const failure = failureOf(error, attempt.wasSent);
    parts.metrics.upstreamFailed(route.service, failure.reason);
    if (failure.blamesTarget) parts.upstreams.get(route.service)!.failed(attempt.target, nowMs);
    const mayFailOver = attempt.wasSent ? this.#mayRepeat.bind(this) : this.#mayFailOver.bind(this);
    if (!attempt.hasHead && route.retriesConnect && mayFailOver(nowMs)) {
      this.#retry(failure.reason, nowMs);
      return;
    }
    route.state.breaker?.record(false, nowMs);
    parts.logger.warn({ err: error, route: routeId, target: attempt.target.url, requestId }, 'upstream failed');
    if (attempt.hasHead) exchange.response.destroy();
    else exchange.refuse(failure.toProblem());
  }

  #retry(reason: string, nowMs: number): void {
    const { parts, routeId } = this.#exchange;
    parts.metrics.retried(routeId, reason);
    this.#dispatch(nowMs);
  }

  /** Whether the request may run twice: it has no other effect then, or its key makes the service answer from memory. */
  #mayRepeat(nowMs: number): boolean {
    const { method = 'GET', headers } = this.#exchange.request;
    return (isIdempotent(method) || headers['idempotency-key'] !== undefined) && this.#mayFailOver(nowMs);
  }

  /** Whether another attempt is affordable; nothing was sent, or sending it again does no harm. */
  #mayFailOver(nowMs: number): boolean {
    const exchange = this.#exchange;
    const route = exchange.route!;
    if (exchange.hasStreamedBody || this.#retries >= route.retriesMax) return false;
    if (nowMs - exchange.startedAtMs >= route.totalTimeoutMs || !route.state.retryBudget.spend()) return false;
    this.#retries++;
    return true;
  }
}

function onTimeout(forwarding: Forwarding): void {
  forwarding.onTimeout();
}

function flushHead(forwarding: Forwarding): void {
  forwarding.flushHead();
}
