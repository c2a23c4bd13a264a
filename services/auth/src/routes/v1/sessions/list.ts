import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { listSessions, sessionOf } from '../../../adapters/pg/session-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { subjectOf } from '../ownership.ts';

/** Lists sessions. */
export function mountListSessions(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.listSessions, async ({ query, principal }) => {
    const { state } = query;
    const userId = subjectOf(principal, query.userId, 'look');
    const filter = { userId, now: deps.clock(), ...(state === undefined ? {} : { state }) };
    const { items, total } = await deps.db.tenant(
      principal.tenantId,
      (tx) => listSessions(tx, filter, windowOf(query)),
      { readOnly: true },
    );
    const sessions = items.map((row) => sessionOf(row, principal.sessionId));
    return { status: 200, body: pageOf(sessions, total, query) };
  });
}
