import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { commonErrors, type ErrorDefinition, errorCatalogue } from '@peermesh/errors';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { errorIndexPage, errorPage, INITIALIZER, REFERENCE_PAGE, STYLE } from './docs-pages.ts';

const ASSETS = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
} as const;

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The browsable API reference and a page for every error code; all of it served from here. */
export function mountDocs(app: FastifyInstance): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const errors = new Map<string, ErrorDefinition>(
    Object.values(errorCatalogue).flatMap((area) =>
      Object.values(area).map((definition: ErrorDefinition) => [definition.code, definition]),
    ),
  );
  app.get('/docs', (_request, reply) => html(reply, REFERENCE_PAGE));
  app.get('/docs/initializer.js', (_request, reply) =>
    asset(reply, 'text/javascript; charset=utf-8').send(INITIALIZER),
  );
  app.get('/docs/style.css', (_request, reply) => asset(reply, 'text/css; charset=utf-8').send(STYLE));
  for (const [name, type] of Object.entries(ASSETS)) {
    app.get(`/docs/${name}`, async (request, reply) => {
      const path = join(folder, name);
      const { size, mtimeMs } = await stat(path);
      const etag = `"${size.toString(36)}-${Math.trunc(mtimeMs).toString(36)}"`;
      asset(reply, type).header('etag', etag);
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.header('content-length', size).send(createReadStream(path));
    });
  }
  app.get('/docs/errors', (_request, reply) => html(reply, errorIndexPage([...errors.values()])));
  app.get<{ Params: { code: string } }>('/docs/errors/:code', (request, reply) => {
    const definition = errors.get(request.params.code);
    if (definition === undefined) throw commonErrors.notFound();
    return html(reply, errorPage(definition));
  });
}

function html(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .header('content-security-policy', CONTENT_SECURITY_POLICY)
    .header('cache-control', 'no-cache')
    .type('text/html; charset=utf-8')
    .send(page);
}

function asset(reply: FastifyReply, type: string): FastifyReply {
  return reply.header('cache-control', 'public, max-age=3600').type(type);
}
