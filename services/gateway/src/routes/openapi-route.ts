import { createHash } from 'node:crypto';
import type { RouteDefinition } from '@peermesh/contracts';
import { routeCatalogue } from '@peermesh/contracts/catalogue';
import { openApiDocument } from '@peermesh/contracts/generate';
import type { FastifyInstance } from 'fastify';
import { VERSION } from '../version.ts';

/** Every route of the fleet that clients may call through the gateway. */
export const FLEET_ROUTES: readonly RouteDefinition[] = Object.values(routeCatalogue).flatMap((routes) =>
  Object.values<RouteDefinition>(routes),
);

/**
 * Serves the description of the whole API. It is made from the contracts that this release was built with, so it is
 * there, and complete, whatever services are up.
 */
export function mountOpenApiDocument(app: FastifyInstance): void {
  const document = JSON.stringify(
    openApiDocument({
      title: 'PeerMesh',
      description:
        'The API of all services, as the gateway offers it. Errors are RFC 9457 problem details; their `type` resolves to /docs/errors.',
      version: VERSION,
      routes: FLEET_ROUTES,
    }),
  );
  const etag = `"${createHash('sha256').update(document).digest('base64url').slice(0, 22)}"`;
  for (const path of ['/api/v1/openapi.json', '/openapi.json']) {
    app.get(path, (request, reply) => {
      reply.header('etag', etag).header('cache-control', 'no-cache');
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type('application/json; charset=utf-8').send(document);
    });
  }
}
