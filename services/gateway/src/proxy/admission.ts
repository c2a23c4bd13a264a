import { authorize } from '@peermesh/authz';
import type { RateLimit } from '@peermesh/contracts/gateway';
import { commonErrors, gatewayErrors } from '@peermesh/errors';
import { keyOf } from '@peermesh/service-kit';
import { parseRequestTarget } from '../domain/request-path.ts';
import type { RateVerdict } from '../limits/rate-limiter.ts';
import { collectBody, limitedBody, SMALL_BODY_BYTES } from './body-limit.ts';
import { limitKeyOf } from './client-address.ts';
import type { Exchange } from './exchange.ts';

/**
 * Decides whether a request is forwarded: route, limit by address, identity, policy, limit by subject, Idempotency-Key,
 * body. It runs without a single `await` as long as nothing has to be asked: the token was verified before, and this
 * replica holds rate limit tokens.
 */
export class Admission {
  readonly #exchange: Exchange;
  readonly #onAdmitted: () => void;

  constructor(exchange: Exchange, onAdmitted: () => void) {
    this.#exchange = exchange;
    this.#onAdmitted = onAdmitted;
  }

  /** Calls `onAdmitted` once, now or later, or answers with a problem. */
  run(): void {
    this.#exchange.guarded(() => {
      if (this.#findRoute()) this.#takeAddressLimits(0);
    });
  }

  #findRoute(): boolean {
    const exchange = this.#exchange;
    const { headers, method = 'GET', url = '/' } = exchange.request;
    exchange.target = parseRequestTarget(url, headers.host);
    if (exchange.target === null) throw gatewayErrors.pathInvalid();
    const { table } = exchange.parts;
    const { path } = exchange.target;
    exchange.route = table.find(method, headers.host, path);
    if (exchange.route !== null) return true;
    const allowed = table.methodsOf(headers.host, path);
    if (allowed.length === 0) throw commonErrors.routeNotFound();
    exchange.refuse(commonErrors.methodNotAllowed(), ['allow', allowed.join(', ')]);
    return false;
  }

  #takeAddressLimits(from: number): void {
    const limits = this.#exchange.route!.addressLimits;
    if (limits.length > from) {
      const caller = limitKeyOf(this.#exchange.clientAddress);
      if (!this.#take(limits, from, caller, (next) => this.#takeAddressLimits(next))) return;
    }
    this.#identify();
  }

  #identify(): void {
    const exchange = this.#exchange;
    const route = exchange.route!;
    if (route.isPublic) return this.#takeSubjectLimits(0);
    const { identities } = exchange.parts;
    const known = identities.cached(exchange.request);
    if (known !== null && (known.principal.kind === 'api_key' ? route.acceptsApiKey : route.acceptsJwt)) {
      exchange.identity = known;
      return this.#authorize();
    }
    identities.resolve(exchange.request, { jwt: route.acceptsJwt, apiKey: route.acceptsApiKey }).then(
      (identity) => {
        exchange.identity = identity;
        exchange.guarded(() => this.#authorize());
      },
      (error: unknown) => exchange.refuse(error),
    );
  }

  #authorize(): void {
    const { policy } = this.#exchange.route!;
    const { principal, allowedBy } = this.#exchange.identity!;
    if (!allowedBy.has(policy)) {
      const { allowed, decisionId, reason } = authorize(principal, policy);
      if (!allowed) throw commonErrors.forbidden({ meta: { decisionId }, internal: reason });
      allowedBy.add(policy);
    }
    this.#takeSubjectLimits(0);
  }

  #takeSubjectLimits(from: number): void {
    const exchange = this.#exchange;
    const limits = exchange.route!.subjectLimits;
    if (limits.length > from) {
      const caller = exchange.identity?.limitKey ?? `ip/${limitKeyOf(exchange.clientAddress)}`;
      if (!this.#take(limits, from, caller, (next) => this.#takeSubjectLimits(next))) return;
    }
    this.#checkIdempotencyKey();
    this.#readBody();
  }

  /** Takes a token of each limit from index `from` on. False when it goes on later, or has refused. */
  #take(limits: readonly RateLimit[], from: number, caller: string, continueAt: (index: number) => void): boolean {
    const exchange = this.#exchange;
    for (let index = from; index < limits.length; index++) {
      const limit = limits[index]!;
      const verdict = exchange.parts.limiter.take(limit, caller);
      if (verdict instanceof Promise) {
        verdict.then(
          (late) => exchange.guarded(() => (this.#accept(limit, late) ? continueAt(index + 1) : undefined)),
          (error: unknown) => exchange.refuse(error),
        );
        return false;
      }
      if (!this.#accept(limit, verdict)) return false;
    }
    return true;
  }

  #accept(limit: RateLimit, verdict: RateVerdict): boolean {
    const exchange = this.#exchange;
    const seconds = Math.max(1, Math.ceil(verdict.resetMs / 1000));
    const state = `"${limit.name}";r=${verdict.remaining};t=${seconds}`;
    exchange.rateLimit = exchange.rateLimit === '' ? state : `${exchange.rateLimit}, ${state}`;
    if (verdict.allowed) return true;
    exchange.refuse(
      commonErrors.tooManyRequests({
        detail: `The limit "${limit.name}" is ${limit.q} requests in ${limit.w} seconds.`,
        retryAfterSeconds: seconds,
      }),
    );
    return false;
  }

  #checkIdempotencyKey(): void {
    const { request, route } = this.#exchange;
    const { method, headers } = request;
    if (route!.idempotency === 'none' || method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return;
    const header = headers['idempotency-key'];
    if (header !== undefined) keyOf(header);
    else if (route!.idempotency === 'required') throw commonErrors.idempotencyKeyRequired();
  }

  #readBody(): void {
    const exchange = this.#exchange;
    const { headers } = exchange.request;
    const length = headers['content-length'];
    const { bodyBytesMax } = exchange.route!;
    const isChunked = headers['transfer-encoding'] !== undefined;
    if (!isChunked && (length === undefined || length === '0')) return this.#onAdmitted();
    const bytes = isChunked ? Number.POSITIVE_INFINITY : Number(length);
    if (!isChunked && bytes > bodyBytesMax) {
      throw commonErrors.payloadTooLarge({ detail: `The limit is ${bodyBytesMax} bytes.` });
    }
    if (bytes > SMALL_BODY_BYTES) {
      exchange.body = limitedBody(exchange.request, bodyBytesMax);
      return this.#onAdmitted();
    }
    collectBody(exchange.request, (body) => {
      if (body === null) return;
      exchange.body = body;
      exchange.guarded(this.#onAdmitted);
    });
  }
}
