import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { createApiKey } from '../../../usecases/api-keys.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';

/** Creates an API key. */
export function mountCreateApiKey(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.createApiKey, async ({ body, principal, reply }) => {
    reply.header('cache-control', 'no-store');
    const expiresAt = body.expiresAt == null ? null : new Date(body.expiresAt);
    const { key, apiKey } = await createApiKey(deps, principal, { name: body.name, scopes: body.scopes, expiresAt });
    return { status: 201, body: { ...apiKey, key }, headers: { location: `/api/v1/api-keys/${apiKey.id}` } };
  });
}
