import { publisherRoutes } from '@peermesh/contracts/publisher';
import { commonErrors } from '@peermesh/errors';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import {
  attemptsOf,
  cancelDeliveries,
  deliveryOf,
  findDelivery,
  listDeliveries,
  requeueDeliveries,
} from '../../adapters/pg/delivery-store.ts';
import { recordEngagement } from '../../usecases/record-engagement.ts';
import { found, listedUser, ownerFilter, type RouteDependencies } from '../route-dependencies.ts';

/** /api/v1/deliveries */
export function mountDeliveries(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db, wake } = dependencies;

  mountRoute(app, publisherRoutes.listDeliveries, async ({ query, principal }) => {
    const { page: _page, limit: _limit, userId, ...filter } = query;
    const { items, total } = await db.tenant(
      principal.tenantId,
      (tx) => listDeliveries(tx, { ...filter, userId: listedUser(principal, userId) }, windowOf(query)),
      { readOnly: true },
    );
    return { status: 200, body: pageOf(items.map(deliveryOf), total, query) };
  });

  mountRoute(app, publisherRoutes.getDelivery, async ({ params, principal }) =>
    db.tenant(
      principal.tenantId,
      async (tx) => {
        const row = found(await findDelivery(tx, params.id, { userId: ownerFilter(principal) }));
        return { status: 200, body: { ...deliveryOf(row), attemptLog: await attemptsOf(tx, row.id) } };
      },
      { readOnly: true },
    ),
  );

  mountRoute(app, publisherRoutes.redeliver, async ({ params, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      const options = { userId: ownerFilter(principal), lock: true };
      const { state } = found(await findDelivery(tx, params.id, options));
      if ((await requeueDeliveries(tx, [params.id])) === 0) {
        throw commonErrors.conflict({ detail: `A delivery that is ${state} cannot be sent again.` });
      }
      const result = { status: 202, body: deliveryOf(found(await findDelivery(tx, params.id, options))) } as const;
      await idempotent(tx, result);
      tx.afterCommit(wake);
      return result;
    }),
  );

  mountRoute(app, publisherRoutes.cancelDelivery, async ({ params, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      const options = { userId: ownerFilter(principal), lock: true };
      const { state } = found(await findDelivery(tx, params.id, options));
      if ((await cancelDeliveries(tx, { id: params.id }, 'requested')) === 0) {
        throw commonErrors.conflict({ detail: `A delivery that is ${state} cannot be cancelled.` });
      }
      const result = { status: 200, body: deliveryOf(found(await findDelivery(tx, params.id, options))) } as const;
      await idempotent(tx, result);
      return result;
    }),
  );

  mountRoute(app, publisherRoutes.engage, async ({ params, body, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      const delivery = found(await findDelivery(tx, params.id, { userId: ownerFilter(principal) }));
      await recordEngagement(tx, dependencies, delivery, body.kind);
      const result = { status: 204 } as const;
      await idempotent(tx, result);
      return result;
    }),
  );
}
