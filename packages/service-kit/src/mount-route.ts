import type { Principal } from '@peermesh/authz';
import type { RouteDefinition, RouteInput, RouteResult } from '@peermesh/contracts';
import type { Transaction } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import type { Logger } from '@peermesh/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Item, parseItem } from 'structured-headers';
import { admitCaller } from './admission.ts';
import type { IdempotencyClaim, StoredResult } from './idempotency.ts';

/** What a handler gets besides the validated input. */
export interface RouteContext {
  /** Never null on a route whose policy asks for authentication. */
  readonly principal: Principal;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly log: Logger;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /**
   * Stores the answer under the request's `Idempotency-Key` inside the transaction of the effect. Does nothing without a
   * key. Call it as the last thing in the transaction; without the call the answer is stored right after the handler.
   */
  idempotent(
    tx: Pick<Transaction<never>, 'client'>,
    result: { status: number; body?: unknown; headers?: Readonly<Record<string, string>> },
  ): Promise<void>;
}

/** Carries out one operation. */
export type RouteHandler<R extends RouteDefinition> = (input: RouteInput<R> & RouteContext) => Promise<RouteResult<R>>;

/**
 * Mounts one operation of a contract: authenticates, decides by the route's policy, validates, applies the
 * `Idempotency-Key`, calls the handler, and serializes what it returns by the schema of that status. What a handler
 * returns after it has taken the answer over (`reply.hijack()`, for event streams) is ignored.
 */
export function mountRoute<R extends RouteDefinition, const Result extends RouteResult<R>>(
  app: FastifyInstance,
  route: R,
  handler: (input: RouteInput<R> & RouteContext) => Promise<Result>,
): void {
  const idempotency = route.idempotency ?? (route.method === 'GET' ? 'none' : 'optional');
  app.route({
    method: route.method,
    url: route.path,
    ...(route.bodyBytesMax === undefined ? {} : { bodyLimit: route.bodyBytesMax }),
    schema: schemaOf(route),
    onRequest: async (request) => {
      request.principal = await admit(app, route, request);
    },
    handler: async (request, reply) => {
      const claim =
        idempotency === 'none' ? null : await claimFor(app, route, request, reply, idempotency === 'required');
      if (claim === REPLAYED) return reply;
      const run = { stored: false };
      let result: RouteResult<R>;
      try {
        result = await handler(inputOf<R>(request, reply, claim, run));
      } catch (error) {
        await claim
          ?.release()
          .catch((cause: unknown) => request.log.warn({ err: cause }, 'idempotency key not released'));
        throw error;
      }
      if (reply.sent) return reply;
      const { status, body, headers } = result as StoredResult;
      if (claim !== null && !run.stored) {
        if (status >= 500 || status === 429) await claim.release();
        else await claim.completeAlone({ status, headers: headers ?? {}, body });
      }
      return send(reply, { status, headers: headers ?? {}, body });
    },
  });
}

const REPLAYED = Symbol('replayed');

function schemaOf(route: RouteDefinition): object {
  const responses = Object.entries(route.responses).filter((entry) => entry[1] !== null);
  return {
    ...(route.params === undefined ? {} : { params: route.params }),
    ...(route.query === undefined ? {} : { querystring: route.query }),
    ...(route.body === undefined ? {} : { body: route.body }),
    response: Object.fromEntries(responses),
  };
}

function admit(app: FastifyInstance, route: RouteDefinition, request: FastifyRequest): Promise<Principal | null> {
  return admitCaller(app, route.policy, {
    authorization: request.headers.authorization,
    resource: `${request.method} ${request.url.split('?', 1)[0]}`,
    isChange: route.method !== 'GET',
    ip: request.ip,
    requestId: request.id,
    log: request.log,
  });
}

async function claimFor(
  app: FastifyInstance,
  route: RouteDefinition,
  request: FastifyRequest,
  reply: FastifyReply,
  required: boolean,
): Promise<IdempotencyClaim | typeof REPLAYED | null> {
  const header = request.headers['idempotency-key'];
  if (header === undefined) {
    if (required) throw commonErrors.idempotencyKeyRequired();
    return null;
  }
  const key = keyOf(header);
  const { idempotency } = app;
  if (idempotency === null) return null;
  const begun = await idempotency.begin({
    tenantId: request.principal?.tenantId ?? 'default',
    subject: request.principal?.subject ?? `ip:${request.ip}`,
    key,
    method: route.method,
    route: request.url,
    body: request.body,
  });
  if ('claim' in begun) return begun.claim;
  reply.header('idempotency-replayed', 'true');
  await send(reply, begun.replay);
  return REPLAYED;
}

/** The value of an `Idempotency-Key` header: a structured-field string (RFC 8941) of 1 to 255 characters. */
export function keyOf(header: string | string[]): string {
  let item: Item | null = null;
  try {
    item = typeof header === 'string' ? parseItem(header) : null;
  } catch {
    item = null;
  }
  const value = item === null ? null : item[0];
  if (typeof value !== 'string' || value.length < 1 || value.length > 255) throw commonErrors.idempotencyKeyInvalid();
  return value;
}

function inputOf<R extends RouteDefinition>(
  request: FastifyRequest,
  reply: FastifyReply,
  claim: IdempotencyClaim | null,
  run: { stored: boolean },
): RouteInput<R> & RouteContext {
  let controller: AbortController | undefined;
  const input = {
    params: request.params ?? {},
    query: request.query ?? {},
    body: request.body,
    principal: request.principal,
    request,
    reply,
    log: request.log,
    get signal() {
      if (controller === undefined) {
        const created = new AbortController();
        controller = created;
        reply.raw.once('close', () => {
          if (!reply.raw.writableFinished) created.abort();
        });
      }
      return controller.signal;
    },
    async idempotent(
      tx: Transaction<never>,
      result: { status: number; body?: unknown; headers?: Record<string, string> },
    ) {
      if (claim === null) return;
      await claim.complete(tx, { status: result.status, headers: result.headers ?? {}, body: result.body });
      run.stored = true;
    },
  };
  return input as unknown as RouteInput<R> & RouteContext;
}

async function send(reply: FastifyReply, result: StoredResult): Promise<FastifyReply> {
  reply.code(result.status).headers(result.headers);
  return result.body === undefined ? reply.send() : reply.send(result.body);
}
