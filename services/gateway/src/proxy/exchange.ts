import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { asPeerMeshError } from '@peermesh/service-kit';
import { endRequestTrace, type RequestTrace, traceRequest } from '@peermesh/telemetry';
import type { CompiledRoute } from '../domain/compiled-route.ts';
import type { RequestTarget } from '../domain/request-path.ts';
import { recordDenial } from './denials.ts';
import type { EdgeParts } from './edge.ts';
import type { Identity } from './identity.ts';
import { sendRawProblem } from './raw-problem.ts';

const UNMATCHED = 'none';

/** What is known of one request from its first byte to the last byte of its answer. */
export class Exchange {
  readonly parts: EdgeParts;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly startedAtMs = performance.now();
  readonly clientAddress: string;
  /** Null while tracing is off. */
  readonly trace: RequestTrace | null;
  target: RequestTarget | null = null;
  route: CompiledRoute | null = null;
  identity: Identity | null = null;
  /** Value of the `RateLimit` header so far. */
  rateLimit = '';
  /** A small body whole, a large one as a stream that watches its size. */
  body: Buffer | Readable | null = null;
  /** The answer is complete, or the client is gone. */
  isOver = false;

  constructor(parts: EdgeParts, request: IncomingMessage, response: ServerResponse, requestId: string) {
    this.parts = parts;
    this.request = request;
    this.response = response;
    this.requestId = requestId;
    this.clientAddress = parts.addresses.of(request);
    this.trace = traceRequest({ method: request.method ?? 'GET', headers: request.headers });
  }

  get routeId(): string {
    return this.route?.id ?? UNMATCHED;
  }

  get hasStreamedBody(): boolean {
    return this.body !== null && !Buffer.isBuffer(this.body);
  }

  /** Answers with a problem, unless an answer has begun. */
  refuse(cause: unknown, headers: readonly string[] = []): void {
    if (this.isOver) return;
    const error = asPeerMeshError(cause);
    const { logger, metrics } = this.parts;
    if (error.status === 500)
      logger.error({ err: error, route: this.routeId, requestId: this.requestId }, 'exchange failed');
    logger.debug({ code: error.code, route: this.routeId, requestId: this.requestId }, 'request refused');
    metrics.refused(this.routeId, error.code);
    if (error.code === FORBIDDEN) recordDenial(this.parts.decisions, this, error);
    const rateLimitPolicy = this.route?.rateLimitPolicy ?? null;
    const own = [...headers];
    if (rateLimitPolicy !== null && this.rateLimit !== '')
      own.push('ratelimit-policy', rateLimitPolicy, 'ratelimit', this.rateLimit);
    if (this.parts.isDraining) own.push('connection', 'close');
    sendRawProblem(this.response, error, { instance: this.path, requestId: this.requestId, headers: own });
    if (!this.request.complete) this.request.resume();
  }

  /** Headers that the edge adds to every forwarded answer. */
  pushOwnHeaders(head: string[]): void {
    const { rateLimitPolicy, lifecycleHeaders } = this.route!;
    head.push('x-request-id', this.requestId);
    if (rateLimitPolicy !== null) head.push('ratelimit-policy', rateLimitPolicy, 'ratelimit', this.rateLimit);
    if (lifecycleHeaders.length > 0) head.push(...lifecycleHeaders);
    if (this.parts.isDraining) head.push('connection', 'close');
  }

  /** Runs a step of an exchange that went on later; what it throws becomes the answer. */
  guarded(step: () => void): void {
    if (this.isOver) return;
    try {
      step();
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Once, when the answer is complete or the client is gone. */
  finish(): void {
    this.isOver = true;
    const { body, request, response } = this;
    if (body !== null && !Buffer.isBuffer(body)) body.destroy();
    if (!request.complete && !request.destroyed) request.resume();
    const seconds = (performance.now() - this.startedAtMs) / 1000;
    const method = methodLabel(request.method);
    this.parts.metrics.finished(this.routeId, method, response.statusCode, seconds);
    if (this.trace === null) return;
    endRequestTrace(this.trace, { method, route: this.routeId, path: this.path, status: response.statusCode });
  }

  get path(): string {
    return this.target?.path ?? (this.request.url ?? '/').split('?', 1)[0] ?? '/';
  }
}

const FORBIDDEN = 'PM_COMMON_FORBIDDEN';
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

function methodLabel(method = 'GET'): string {
  return METHODS.has(method) ? method : 'other';
}
