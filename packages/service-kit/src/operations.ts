import {
  endRequestTrace,
  fleetMetrics,
  insideTrace,
  isTracing,
  type MetricsRegistry,
  type RequestTrace,
  traceRequest,
} from '@peermesh/telemetry';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Mounts what whoever runs a service asks it: `/health/live`, `/health/ready`, `/metrics`. */
export function mountOperations(
  app: FastifyInstance,
  service: { readonly service: string; readonly version: string; readonly metrics: MetricsRegistry },
): void {
  const identity = { service: service.service, version: service.version };
  app.get('/health/live', async () => ({ status: 'live', ...identity }));
  app.get('/health/ready', async (_request, reply) => {
    const readiness = await app.health.readiness();
    return reply.code(readiness.status === 'unready' ? 503 : 200).send({ ...identity, ...readiness });
  });
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', service.metrics.contentType).send(await service.metrics.expose()),
  );
}

/** Measures rate, errors and duration of every route, and traces requests while tracing is on. */
export function measureRequests(app: FastifyInstance, metrics: MetricsRegistry): void {
  const duration = metrics.histogram(fleetMetrics.httpRequestDuration);
  app.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'none';
    duration.observe({ method, route, status: statusClassOf(reply.statusCode) }, reply.elapsedTime / 1000);
    request.log.debug({ method, route, status: reply.statusCode }, 'request completed');
    done();
  });
}

/** Continues or begins a trace for every request. Does nothing when tracing is off as the app is made. */
export function traceRequests(app: FastifyInstance): void {
  const traces = new WeakMap<FastifyRequest, RequestTrace>();
  if (!isTracing()) return;
  app.addHook('onRequest', (request, _reply, done) => {
    const begun = traceRequest(request);
    if (begun === null) return done();
    traces.set(request, begun);
    return insideTrace(begun, done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const begun = traces.get(request);
    if (begun !== undefined) {
      const route = request.routeOptions.url ?? 'none';
      const path = request.url.split('?', 1)[0] ?? '/';
      endRequestTrace(begun, { method: request.method, route, path, status: reply.statusCode });
    }
    done();
  });
}

const STATUS_CLASSES = ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

function statusClassOf(status: number): string {
  return STATUS_CLASSES[Math.trunc(status / 100)] ?? 'none';
}
