import { DURATION_BUCKETS_SECONDS, type MetricsRegistry } from '@peermesh/telemetry';
import type { FastifyInstance } from 'fastify';

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

/** Measures rate, errors and duration of every route. */
export function measureRequests(app: FastifyInstance, metrics: MetricsRegistry): void {
  const duration = metrics.histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer.',
    labels: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS_SECONDS,
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const status = `${Math.trunc(reply.statusCode / 100)}xx`;
    duration.observe({ method: request.method, route, status }, reply.elapsedTime / 1000);
    request.log.debug({ method: request.method, route, status: reply.statusCode }, 'request completed');
    done();
  });
}
