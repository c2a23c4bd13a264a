import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { listApiKeys } from '../../../adapters/pg/api-key-store.ts';
import { apiKeyOf } from '../../../usecases/api-keys.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { subjectOf } from '../ownership.ts';

/** Lists API keys. */
export function mountListApiKeys(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.listApiKeys, async ({ query, principal }) => {
    const userId = subjectOf(principal, query.userId, 'look');
    const { items, total } = await deps.db.tenant(
      principal.tenantId,
      (tx) => listApiKeys(tx, userId, windowOf(query)),
      { readOnly: true },
    );
    return { status: 200, body: pageOf(items.map(apiKeyOf), total, query) };
  });
}
