import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import type { Authenticator, Principal } from '@peermesh/authz';
import { commonErrors } from '@peermesh/errors';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { DecisionLog } from './decision-log.ts';
import { Health } from './health.ts';
import { refuseConnection, serverWith } from './http-server.ts';
import type { IdempotencyStore } from './idempotency.ts';
import { parseJsonStrictly } from './json-body.ts';
import { measureRequests, mountOperations, traceRequests } from './operations.ts';
import { sendProblem } from './problem.ts';
import { answerUnmatched } from './unmatched.ts';
import { validatorCompiler } from './validation.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly serviceName: string;
    readonly health: Health;
    readonly metrics: MetricsRegistry;
    authenticator: Authenticator | null;
    idempotency: IdempotencyStore | null;
    decisions: DecisionLog | null;
  }
  interface FastifyRequest {
    /** Set by the route's policy before the handler runs; null on public routes. */
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
  /** How long an idle connection is kept; 72 s when absent. */
  readonly keepAliveTimeoutMs?: number;
  /** Addresses whose X-Forwarded-For is believed; none when absent. */
  readonly trustProxy?: string | string[] | boolean;
}

const REQUEST_ID = /^[A-Za-z0-9_.:-]{8,128}$/;

/**
 * A Fastify instance with everything that all services share: limits and timeouts, request ids, security headers, problem
 * details, validation that refuses instead of mending, `/health/live`, `/health/ready`, `/metrics`, RED metrics.
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const health = new Health();
  const app: FastifyInstance = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyBytesMax ?? 1_048_576,
    forceCloseConnections: 'idle',
    trustProxy: options.trustProxy ?? false,
    routerOptions: { maxParamLength: 512 },
    genReqId: (request) => acceptedRequestId(request.headers['x-request-id']),
    serverFactory: serverWith(
      {
        headersTimeoutMs: options.headersTimeoutMs ?? 10_000,
        requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
        keepAliveTimeoutMs: options.keepAliveTimeoutMs ?? 72_000,
      },
      () => health.draining,
    ),
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply);
    },
  });
  app.decorate('serviceName', options.service);
  app.decorate('health', health);
  app.decorate('metrics', options.metrics);
  app.decorate('authenticator', null);
  app.decorate('idempotency', null);
  app.decorate('decisions', null);
  app.decorateRequest('principal', null);
  app.setValidatorCompiler(validatorCompiler());
  app.setErrorHandler(sendProblem);
  answerUnmatched(app);
  traceRequests(app);
  parseJsonStrictly(app);
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] } },
    crossOriginResourcePolicy: { policy: 'same-site' },
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done(request.url.includes('%00') ? commonErrors.malformedRequest({ detail: 'The URL holds a NUL.' }) : undefined);
  });
  measureRequests(app, options.metrics);
  mountOperations(app, options);
  return app;
}

function acceptedRequestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : randomUUID();
}
