import type { RouteDefinition } from '@peermesh/contracts';
import { openApiDocument } from '@peermesh/contracts/generate';
import type { FastifyInstance } from 'fastify';

/** Serves the service's OpenAPI 3.1 document at `/api/v1/openapi.json` and `/openapi.json`. */
export function mountOpenApi(
  app: FastifyInstance,
  options: {
    readonly title: string;
    readonly routes: Readonly<Record<string, RouteDefinition>>;
    readonly description?: string;
    readonly version?: string;
  },
): void {
  let document: Buffer | undefined;
  for (const url of ['/api/v1/openapi.json', '/openapi.json']) {
    app.get(url, async (_request, reply) => {
      document ??= Buffer.from(JSON.stringify(documentOf(options)));
      return reply.header('content-type', 'application/json; charset=utf-8').send(document);
    });
  }
}

function documentOf(options: Parameters<typeof mountOpenApi>[1]): unknown {
  return openApiDocument({
    title: options.title,
    description: options.description ?? `REST API of the service ${options.title}.`,
    version: options.version ?? '0.1.0',
    routes: Object.values(options.routes),
  });
}
