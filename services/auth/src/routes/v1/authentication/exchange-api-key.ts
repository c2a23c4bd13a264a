import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { exchangeApiKey } from '../../../usecases/api-keys.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import type { LastUses } from '../../../usecases/last-uses.ts';
import { originOf } from '../origin.ts';

/** Exchanges an API key for a token. */
export function mountExchangeApiKey(app: FastifyInstance, deps: AuthDeps & { readonly lastUses: LastUses }): void {
  mountRoute(app, authRoutes.exchangeApiKey, async ({ body, request, reply }) => {
    reply.header('cache-control', 'no-store');
    const { accessToken, expiresIn, expiresAt, apiKeyId } = await exchangeApiKey(deps, body.apiKey, originOf(request));
    deps.lastUses.note(apiKeyId);
    return { status: 200, body: { accessToken, tokenType: 'Bearer', expiresIn, expiresAt: expiresAt.toISOString() } };
  });
}
