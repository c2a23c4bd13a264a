import { authRoutes } from '@peermesh/contracts/auth';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { findDecision } from '../../../adapters/pg/decision-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';

/** Shows one decision. */
export function mountGetDecision(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.getDecision, async ({ params, principal }) => {
    const decision = await deps.db.tenant(principal.tenantId, (tx) => findDecision(tx, params.decisionId), {
      readOnly: true,
    });
    if (decision === null) throw commonErrors.notFound();
    return { status: 200, body: decision };
  });
}
