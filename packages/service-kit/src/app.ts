import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import helmet from '@fastify/helmet';
import type { Authenticator, Principal } from '@peermesh/authz';
import { commonErrors, PROBLEM_CONTENT_TYPE } from '@peermesh/errors';
import { DURATION_BUCKETS_SECONDS, type Logger, type MetricsRegistry } from '@peermesh/telemetry';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify';
import { Health } from './health.ts';
import type { IdempotencyStore } from './idempotency.ts';
import { sendProblem } from './problem.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly health: Health;
    readonly metrics: MetricsRegistry;
    authenticator: Authenticator | null;
    idempotency: IdempotencyStore | null;
  }
  interface FastifyRequest {
    /** Set by the route's policy before the handler runs; null on public routes without a token. */
    principal: Principal | null;
  }
}

/** What {@link createApp} needs. */
export interface AppOptions {
  readonly service: string;
  readonly version: string;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** Largest body in bytes unless a route says otherwise; 1 MiB when absent. */
  readonly bodyBytesMax?: number;
  /** Time for a whole request to arrive; 30 s when absent. */
  readonly requestTimeoutMs?: number;
  /** Time for its headers to arrive; 10 s when absent. */
  readonly headersTimeoutMs?: number;
  /** Addresses whose X-Forwarded-For is believed; none when absent. */
  readonly trustProxy?: string | string[] | boolean;
}

const REQUEST_ID = /^[A-Za-z0-9_.:-]{8,128}$/;

/**
 * A Fastify instance with everything that all services share: limits and timeouts, request ids, security headers, problem
 * details, validation that refuses instead of mending, `/health/live`, `/health/ready`, `/metrics`, RED metrics.
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    disableRequestLogging: true,
    bodyLimit: options.bodyBytesMax ?? 1_048_576,
    requestTimeout: options.requestTimeoutMs ?? 30_000,
    keepAliveTimeout: 72_000,
    connectionTimeout: 0,
    forceCloseConnections: 'idle',
    trustProxy: options.trustProxy ?? false,
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: false },
    genReqId: (request) => acceptedRequestId(request.headers['x-request-id']),
    serverFactory: (handler, serverOptions): Server => {
      const server = createServer(
        {
          ...(serverOptions as object),
          headersTimeout: options.headersTimeoutMs ?? 10_000,
          connectionsCheckingInterval: 2_000,
        },
        handler,
      );
      server.requestTimeout = options.requestTimeoutMs ?? 30_000;
      server.keepAliveTimeout = 72_000;
      return server;
    },
    clientErrorHandler: (error, socket) => {
      if (!socket.writable || socket.bytesWritten > 0) {
        socket.destroy();
        return;
      }
      const late = (error as NodeJS.ErrnoException).code === 'ERR_HTTP_REQUEST_TIMEOUT';
      const large = (error as NodeJS.ErrnoException).code === 'HPE_HEADER_OVERFLOW';
      const problem = (late ? commonErrors.requestTimeout() : commonErrors.malformedBody()).toProblem();
      const status = large ? 431 : problem.status;
      const body = JSON.stringify({ ...problem, status });
      socket.end(
        `HTTP/1.1 ${status} ${late ? 'Request Timeout' : large ? 'Request Header Fields Too Large' : 'Bad Request'}\r\n` +
          `connection: close\r\ncontent-type: ${PROBLEM_CONTENT_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    },
  });
  app.decorate('health', new Health());
  app.decorate('metrics', options.metrics);
  app.decorate('authenticator', null);
  app.decorate('idempotency', null);
  app.decorateRequest('principal', null);
  app.setValidatorCompiler(validators());
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      missing(app, request, (allow) => reply.header('allow', allow)),
      request,
      reply,
    ),
  );
  app.addContentTypeParser(
    'application/merge-patch+json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] } },
    crossOriginResourcePolicy: { policy: 'same-site' },
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  measureRequests(app, options.metrics);
  mountOperations(app, options);
  return app;
}

function acceptedRequestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : randomUUID();
}

function validators(): Parameters<FastifyInstance['setValidatorCompiler']>[0] {
  const make = (coerceTypes: boolean | 'array'): Ajv => {
    const ajv = new Ajv({ allErrors: false, coerceTypes, useDefaults: true, removeAdditional: false, strict: false });
    addFormats.default(ajv);
    return ajv;
  };
  const exact = make(false);
  const coercing = make('array');
  return ({ schema, httpPart }) => (httpPart === 'body' ? exact : coercing).compile(schema as object);
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

function missing(app: FastifyInstance, request: FastifyRequest, allow: (methods: string) => void) {
  const path = request.url.split('?', 1)[0] ?? '/';
  const allowed = METHODS.filter(
    (method) => app.findRoute({ method, url: path }) !== null || matches(app, method, path),
  );
  if (allowed.length === 0) return commonErrors.routeNotFound();
  allow(allowed.join(', '));
  return commonErrors.methodNotAllowed();
}

function matches(app: FastifyInstance, method: (typeof METHODS)[number], path: string): boolean {
  return [...routesOf(app)].some((route) => route.method === method && route.pattern.test(path));
}

const routeTables = new WeakMap<FastifyInstance, Set<{ method: string; pattern: RegExp }>>();

function routesOf(app: FastifyInstance): Set<{ method: string; pattern: RegExp }> {
  const known = routeTables.get(app);
  if (known !== undefined) return known;
  const table = new Set<{ method: string; pattern: RegExp }>();
  routeTables.set(app, table);
  return table;
}

/** Remembers a mounted path, so that another method on it is answered with 405 and `Allow`. */
export function rememberRoute(app: FastifyInstance, method: string, path: string): void {
  const pattern = new RegExp(`^${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[A-Za-z]+/g, '[^/]+')}$`);
  routesOf(app).add({ method, pattern });
}

function measureRequests(app: FastifyInstance, metrics: MetricsRegistry): void {
  const duration = metrics.histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer.',
    labels: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS_SECONDS,
  });
  app.addHook('onResponse', async (request, reply) => {
    duration.observe(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: `${Math.trunc(reply.statusCode / 100)}xx`,
      },
      reply.elapsedTime / 1000,
    );
  });
}

function mountOperations(app: FastifyInstance, options: AppOptions): void {
  app.get('/health/live', async () => ({ status: 'live', service: options.service, version: options.version }));
  app.get('/health/ready', async (_request, reply) => {
    const readiness = await app.health.readiness();
    return reply
      .code(readiness.status === 'unready' ? 503 : 200)
      .send({ service: options.service, version: options.version, ...readiness });
  });
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', options.metrics.contentType).send(await options.metrics.expose()),
  );
}
