import { authRoutes } from '@peermesh/contracts/auth';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { findApiKey } from '../../../adapters/pg/api-key-store.ts';
import { apiKeyOf } from '../../../usecases/api-keys.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { isAdministrator } from '../ownership.ts';

/** Shows an API key. */
export function mountGetApiKey(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.getApiKey, async ({ params, principal }) => {
    const row = await deps.db.tenant(principal.tenantId, (tx) => findApiKey(tx, params.keyId), { readOnly: true });
    const isVisible = row !== null && (row.user_id === principal.subject || isAdministrator(principal, 'look'));
    if (!isVisible) throw commonErrors.notFound();
    return { status: 200, body: apiKeyOf(row) };
  });
}
