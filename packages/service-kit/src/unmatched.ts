import { commonErrors } from '@peermesh/errors';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.ts';

/** Answers what no route matches: 405 with `Allow` where the path exists with another method, 404 otherwise. */
export function answerUnmatched(app: FastifyInstance): void {
  const known: { readonly method: string; readonly pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) known.push({ method: one, pattern: patternOf(url) });
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const methods = new Set(known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method));
    if (methods.size === 0) return sendProblem(commonErrors.routeNotFound(), request, reply);
    reply.header('allow', [...methods].sort().join(', '));
    return sendProblem(commonErrors.methodNotAllowed(), request, reply);
  });
}

function patternOf(url: string): RegExp {
  const source = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replace(/:[A-Za-z0-9]+/g, '[^/]+');
  return new RegExp(`^${source}$`);
}
