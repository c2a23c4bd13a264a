import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { authorize } from '@peermesh/authz';
import type { RateLimit } from '@peermesh/contracts/gateway';
import { commonErrors, gatewayErrors, isPeerMeshError, type PeerMeshError } from '@peermesh/errors';
import { asPeerMeshError, keyOf } from '@peermesh/service-kit';
import type { CompiledRoute } from '../domain/compiled-route.ts';
import { parseRequestTarget, type RequestTarget } from '../domain/request-path.ts';
import type { RateVerdict } from '../limits/rate-limiter.ts';
import { Attempt, type AttemptListener } from './attempt.ts';
import { collectBody, limitedBody, SMALL_BODY_BYTES } from './body-limit.ts';
import { limitKeyOf } from './client-address.ts';
import type { EdgeParts } from './edge.ts';
import { clientHeaders, upstreamHeaders } from './headers.ts';
import type { Identity } from './identity.ts';
import { failureOf, isIdempotent } from './outcome.ts';
import { sendRawProblem } from './raw-problem.ts';
import type { UpstreamTarget } from './upstream-target.ts';

const UNMATCHED = 'none';

/**
 * One request from its first byte to the last byte of its answer. Admission runs without a single `await` as long as
 * nothing has to be asked: the route is known, the token was verified before, a rate limit token is at hand.
 */
export class Exchange implements AttemptListener {
  readonly #parts: EdgeParts;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #requestId: string;
  readonly #startedAtMs = performance.now();
  readonly #address: string;
  #target: RequestTarget | null = null;
  #route: CompiledRoute | null = null;
  #identity: Identity | null = null;
  #rateLimit = '';
  #body: Buffer | Readable | null = null;
  #holdsSlot = false;
  #isOver = false;
  #attempt: Attempt | null = null;
  #tried: UpstreamTarget[] = [];
  #retries = 0;
  #timer: NodeJS.Timeout | null = null;
  #status = 0;
  #head: string[] | null = null;
  #expectedBytes = -1;
  #isWaitingForDrain = false;

  constructor(parts: EdgeParts, request: IncomingMessage, response: ServerResponse, requestId: string) {
    this.#parts = parts;
    this.#request = request;
    this.#response = response;
    this.#requestId = requestId;
    this.#address = parts.addresses.of(request);
  }

  /** Admits, forwards and answers. Never throws. */
  run(): void {
    this.#response.on('close', () => this.#onClose());
    try {
      if (this.#findRoute()) this.#takeAddressLimits(0);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #findRoute(): boolean {
    const { headers, method = 'GET', url = '/' } = this.#request;
    this.#target = parseRequestTarget(url, headers.host);
    if (this.#target === null) throw gatewayErrors.pathInvalid();
    const { table } = this.#parts;
    const { path } = this.#target;
    this.#route = table.find(method, headers.host, path);
    if (this.#route !== null) return true;
    const allowed = table.methodsOf(headers.host, path);
    if (allowed.length === 0) throw commonErrors.routeNotFound();
    this.#refuse(commonErrors.methodNotAllowed(), ['allow', allowed.join(', ')]);
    return false;
  }

  #takeAddressLimits(from: number): void {
    const limits = this.#route!.addressLimits;
    if (
      limits.length > 0 &&
      !this.#take(limits, from, limitKeyOf(this.#address), (next) => this.#takeAddressLimits(next))
    )
      return;
    this.#identify();
  }

  #identify(): void {
    const route = this.#route!;
    if (route.isPublic) return this.#takeSubjectLimits(0);
    this.#identity = this.#parts.identities.cached(this.#request);
    if (
      this.#identity !== null &&
      (this.#identity.principal.kind === 'api_key' ? route.acceptsApiKey : route.acceptsJwt)
    ) {
      return this.#authorize();
    }
    this.#parts.identities.resolve(this.#request, { jwt: route.acceptsJwt, apiKey: route.acceptsApiKey }).then(
      (identity) => {
        this.#identity = identity;
        this.#guarded(() => this.#authorize());
      },
      (error: unknown) => this.#refuse(error),
    );
  }

  #authorize(): void {
    const { policy } = this.#route!;
    const { principal, allowedBy } = this.#identity!;
    if (!allowedBy.has(policy)) {
      const { allowed, decisionId, reason } = authorize(principal, policy);
      if (!allowed) throw commonErrors.forbidden({ meta: { decisionId }, internal: reason });
      allowedBy.add(policy);
    }
    this.#takeSubjectLimits(0);
  }

  #takeSubjectLimits(from: number): void {
    const limits = this.#route!.subjectLimits;
    if (limits.length > 0) {
      const caller = this.#identity?.limitKey ?? `ip/${limitKeyOf(this.#address)}`;
      if (!this.#take(limits, from, caller, (next) => this.#takeSubjectLimits(next))) return;
    }
    this.#checkIdempotencyKey();
    this.#readBody();
  }

  /** Takes a token of each limit from index `from` on. False when it will continue later, or has refused. */
  #take(limits: readonly RateLimit[], from: number, caller: string, continueAt: (index: number) => void): boolean {
    for (let index = from; index < limits.length; index++) {
      const limit = limits[index]!;
      const verdict = this.#parts.limiter.take(limit, caller);
      if (verdict instanceof Promise) {
        verdict.then(
          (late) => this.#guarded(() => (this.#accept(limit, late) ? continueAt(index + 1) : undefined)),
          (error: unknown) => this.#refuse(error),
        );
        return false;
      }
      if (!this.#accept(limit, verdict)) return false;
    }
    return true;
  }

  #accept(limit: RateLimit, verdict: RateVerdict): boolean {
    const seconds = Math.max(1, Math.ceil(verdict.resetMs / 1000));
    const state = `"${limit.name}";r=${verdict.remaining};t=${seconds}`;
    this.#rateLimit = this.#rateLimit === '' ? state : `${this.#rateLimit}, ${state}`;
    if (verdict.allowed) return true;
    this.#refuse(
      commonErrors.tooManyRequests({
        detail: `The limit "${limit.name}" is ${limit.q} requests in ${limit.w} seconds.`,
        retryAfterSeconds: seconds,
      }),
    );
    return false;
  }

  #checkIdempotencyKey(): void {
    const { method, headers } = this.#request;
    const route = this.#route!;
    if (route.idempotency === 'none' || method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return;
    const header = headers['idempotency-key'];
    if (header !== undefined) keyOf(header);
    else if (route.idempotency === 'required') throw commonErrors.idempotencyKeyRequired();
  }

  #readBody(): void {
    const { headers } = this.#request;
    const length = headers['content-length'];
    const { bodyBytesMax } = this.#route!;
    if (headers['transfer-encoding'] !== undefined) {
      this.#body = limitedBody(this.#request, bodyBytesMax);
      return this.#forward();
    }
    if (length === undefined || length === '0') return this.#forward();
    const bytes = Number(length);
    if (bytes > bodyBytesMax) throw commonErrors.payloadTooLarge({ detail: `The limit is ${bodyBytesMax} bytes.` });
    if (bytes > SMALL_BODY_BYTES) {
      this.#body = limitedBody(this.#request, bodyBytesMax);
      return this.#forward();
    }
    collectBody(this.#request, (body) => {
      if (body === null) return;
      this.#body = body;
      this.#guarded(() => this.#forward());
    });
  }

  #forward(): void {
    const { state, concurrencyMax } = this.#route!;
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

  #dispatch(nowMs: number): void {
    const route = this.#route!;
    const { search, path } = this.#target!;
    const { headers, method = 'GET' } = this.#request;
    const target = this.#parts.upstreams.get(route.service)!.pick(nowMs, this.#tried);
    if (this.#tried.length > 0 || route.retriesMax > 0) this.#tried.push(target);
    const attempt = new Attempt(target, this, nowMs);
    this.#attempt = attempt;
    const body = this.#body;
    this.#armTimer(nowMs);
    target.pool.dispatch(
      {
        path: path + search,
        method: method as 'GET',
        body,
        bodyTimeout: route.idleTimeoutMs,
        headers: upstreamHeaders(headers, {
          requestId: this.#requestId,
          clientAddress: this.#address,
          isPeerTrusted: this.#parts.addresses.isTrustedPeer(this.#request),
          isEncrypted: 'encrypted' in this.#request.socket,
          authorization: route.isPublic ? (headers.authorization ?? null) : this.#identity!.authorization,
          contentLength: body === null ? null : (headers['content-length'] ?? null),
        }),
      },
      attempt,
    );
  }

  /** A streamed upload has no limit of its own until it is complete: the server's request timeout guards it. */
  #armTimer(nowMs: number): void {
    const { totalTimeoutMs, tryTimeoutMs } = this.#route!;
    const leftMs = totalTimeoutMs - (nowMs - this.#startedAtMs);
    const isUploading = this.#body !== null && !Buffer.isBuffer(this.#body) && !this.#request.complete;
    if (isUploading) {
      this.#request.once('end', () => {
        if (!this.#isOver && this.#timer === null && this.#head === null) this.#startTimer(tryTimeoutMs);
      });
    } else this.#startTimer(Math.max(1, Math.min(tryTimeoutMs, leftMs)));
  }

  #startTimer(timeoutMs: number): void {
    this.#timer = setTimeout(onTimeout, timeoutMs, this);
  }

  onTimeout(): void {
    this.#timer = null;
    const attempt = this.#attempt;
    if (attempt === null || this.#isOver) return;
    const route = this.#route!;
    attempt.abandon(new Error('timeout'));
    attempt.target.latencyMs = Math.max(attempt.target.latencyMs, performance.now() - attempt.startedAtMs);
    this.#parts.metrics.upstreamFailed(route.service, 'timeout');
    route.state.breaker?.record(false, performance.now());
    this.#refuse(gatewayErrors.upstreamTimeout(), undefined, true);
  }

  onHead(status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#clearTimer();
    const attempt = this.#attempt!;
    const route = this.#route!;
    const nowMs = performance.now();
    attempt.target.succeeded(nowMs - attempt.startedAtMs);
    const isDeliberate = String(headers['content-type'] ?? '').startsWith('application/problem+json');
    const isFailure = status === 502 || status === 504 || (status === 503 && !isDeliberate);
    if (isFailure) this.#parts.metrics.upstreamFailed(route.service, String(status));
    if (((status === 502 && route.retries502) || (status === 503 && route.retries503)) && this.#mayRepeat(nowMs)) {
      attempt.discard();
      this.#parts.metrics.retried(route.id, String(status));
      this.#dispatch(nowMs);
      return;
    }
    route.state.breaker?.record(!isFailure, nowMs);
    this.#status = status;
    const length = headers['content-length'];
    this.#expectedBytes = typeof length === 'string' ? Number(length) : -1;
    const head = clientHeaders(headers, { dropsRateLimit: route.rateLimitPolicy !== null });
    this.#pushOwnHeaders(head);
    this.#head = head;
    process.nextTick(flushHead, this);
  }

  #pushOwnHeaders(head: string[]): void {
    const { rateLimitPolicy, lifecycleHeaders } = this.#route!;
    head.push('x-request-id', this.#requestId);
    if (rateLimitPolicy !== null) head.push('ratelimit-policy', rateLimitPolicy, 'ratelimit', this.#rateLimit);
    if (lifecycleHeaders.length > 0) head.push(...lifecycleHeaders);
    if (this.#parts.isDraining) head.push('connection', 'close');
  }

  flushHead(): void {
    if (this.#head === null || this.#response.headersSent || this.#isOver) return;
    this.#response.writeHead(this.#status, this.#head);
    this.#response.flushHeaders();
  }

  onData(chunk: Buffer, attempt: Attempt): void {
    const response = this.#response;
    if (this.#isOver) return;
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
    if (this.#isOver) return;
    if (!this.#response.headersSent) this.#response.writeHead(this.#status, this.#head!);
    if (!this.#response.writableEnded) this.#response.end();
  }

  onFailure(error: Error, attempt: Attempt): void {
    this.#clearTimer();
    this.#attempt = null;
    if (this.#isOver) return;
    const route = this.#route!;
    const nowMs = performance.now();
    if (isPeerMeshError(error)) {
      route.state.breaker?.forget();
      this.#refuse(error, undefined, true);
      return;
    }
    const failure = failureOf(error, attempt.wasSent);
    this.#parts.metrics.upstreamFailed(route.service, failure.reason);
    if (failure.blamesTarget) this.#parts.upstreams.get(route.service)!.failed(attempt.target, nowMs);
    if (attempt.hasHead) {
      this.#parts.logger.warn(
        { err: error, route: route.id, requestId: this.#requestId },
        'upstream broke off its answer',
      );
      route.state.breaker?.record(false, nowMs);
      this.#response.destroy();
      return;
    }
    const mayFailOver = !attempt.wasSent && !(this.#body !== null && !Buffer.isBuffer(this.#body));
    if (route.retriesConnect && (attempt.wasSent ? this.#mayRepeat(nowMs) : mayFailOver && this.#hasRetryLeft(nowMs))) {
      this.#parts.metrics.retried(route.id, failure.reason);
      this.#dispatch(nowMs);
      return;
    }
    route.state.breaker?.record(false, nowMs);
    this.#parts.logger.warn(
      { err: error, route: route.id, target: attempt.target.url, requestId: this.#requestId },
      'upstream failed',
    );
    this.#refuse(failure.toProblem(), undefined, true);
  }

  /** Whether the request may run twice: it has no other effect then, or its key makes the service answer from memory. */
  #mayRepeat(nowMs: number): boolean {
    const { method = 'GET', headers } = this.#request;
    if (this.#body !== null && !Buffer.isBuffer(this.#body)) return false;
    if (!isIdempotent(method) && headers['idempotency-key'] === undefined) return false;
    return this.#hasRetryLeft(nowMs);
  }

  #hasRetryLeft(nowMs: number): boolean {
    const route = this.#route!;
    if (this.#retries >= route.retriesMax || nowMs - this.#startedAtMs >= route.totalTimeoutMs) return false;
    if (!route.state.retryBudget.spend()) return false;
    this.#retries++;
    return true;
  }

  #guarded(step: () => void): void {
    if (this.#isOver) return;
    try {
      step();
    } catch (error) {
      this.#refuse(error);
    }
  }

  #refuse(cause: unknown, headers: readonly string[] = [], isOutcomeKnown = false): void {
    if (this.#isOver) return;
    const error: PeerMeshError = asPeerMeshError(cause);
    const { logger, metrics } = this.#parts;
    const route = this.#route?.id ?? UNMATCHED;
    if (this.#holdsSlot && !isOutcomeKnown) this.#route?.state.breaker?.forget();
    if (error.status === 500) logger.error({ err: error, route, requestId: this.#requestId }, 'exchange failed');
    metrics.refused(route, error.code);
    const own: string[] = [...headers];
    if (this.#route !== null && this.#route.rateLimitPolicy !== null && this.#rateLimit !== '') {
      own.push('ratelimit-policy', this.#route.rateLimitPolicy, 'ratelimit', this.#rateLimit);
    }
    sendRawProblem(this.#response, error, {
      instance: this.#target?.path ?? (this.#request.url ?? '/').split('?', 1)[0] ?? '/',
      requestId: this.#requestId,
      headers: own,
    });
    if (!this.#request.complete) this.#request.resume();
  }

  /** The answer is complete, or the client is gone. */
  #onClose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clearTimer();
    const { metrics } = this.#parts;
    const route = this.#route;
    if (this.#attempt !== null && !this.#response.writableFinished) {
      this.#attempt.abandon(new Error('the client is gone'));
      if (this.#head === null) route?.state.breaker?.forget();
      metrics.clientGone(route?.id ?? UNMATCHED);
    }
    if (this.#holdsSlot && route !== null) route.state.inFlight--;
    if (this.#body !== null && !Buffer.isBuffer(this.#body)) this.#body.destroy();
    if (!this.#request.complete && !this.#request.destroyed) this.#request.resume();
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    metrics.finished(route?.id ?? UNMATCHED, methodLabel(this.#request.method), this.#response.statusCode, seconds);
  }

  #clearTimer(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function onTimeout(exchange: Exchange): void {
  exchange.onTimeout();
}

function flushHead(exchange: Exchange): void {
  exchange.flushHead();
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

function methodLabel(method = 'GET'): string {
  return METHODS.has(method) ? method : 'other';
}
