import { ingestRoutes } from '@peermesh/contracts/ingest';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { type HookDependencies, receiveHook } from '../../../usecases/receive-hook.ts';

/** POST /api/v1/ingest/hooks/:sourceId, in a scope of its own because signatures cover the raw bytes of the body. */
export async function mountReceiveHook(app: FastifyInstance, dependencies: HookDependencies): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    for (const type of ingestRoutes.receiveHook.consumes ?? []) {
      scope.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    }
    mountRoute(scope, ingestRoutes.receiveHook, async ({ params, request }) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const receipt = await receiveHook(dependencies, {
        sourceId: params.sourceId,
        body,
        headers: request.headers,
        requestId: request.id,
      });
      return { status: 202, body: receipt };
    });
  });
}
