import { publisherRoutes } from '@peermesh/contracts/publisher';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { findSubscription, listSubscriptions, subscriptionOf } from '../../adapters/pg/subscription-store.ts';
import { changeSubscription, createSubscription, endSubscription } from '../../usecases/manage-subscriptions.ts';
import { assertVersion, found, listedUser, ownerFilter, type RouteDependencies } from '../route-dependencies.ts';

/** /api/v1/subscriptions */
export function mountSubscriptions(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db } = dependencies;

  mountRoute(app, publisherRoutes.createSubscription, async ({ body, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      const { row, statusCallbackSecret } = await createSubscription(tx, dependencies, principal, body);
      const result = { status: 201, body: { ...subscriptionOf(row), statusCallbackSecret } } as const;
      await idempotent(tx, result);
      return result;
    }),
  );

  mountRoute(app, publisherRoutes.listSubscriptions, async ({ query, principal }) => {
    const filter = { userId: listedUser(principal, query.userId), state: query.state };
    const { items, total } = await db.tenant(
      principal.tenantId,
      (tx) => listSubscriptions(tx, filter, windowOf(query)),
      {
        readOnly: true,
      },
    );
    return { status: 200, body: pageOf(items.map(subscriptionOf), total, query) };
  });

  mountRoute(app, publisherRoutes.getSubscription, async ({ params, principal }) => {
    const row = await db.tenant(
      principal.tenantId,
      (tx) => findSubscription(tx, params.id, { userId: ownerFilter(principal) }),
      { readOnly: true },
    );
    return { status: 200, body: subscriptionOf(found(row)) };
  });

  mountRoute(app, publisherRoutes.updateSubscription, async ({ params, body, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      const current = found(await findSubscription(tx, params.id, { userId: ownerFilter(principal), lock: true }));
      assertVersion(current.version, body.version);
      const { row, statusCallbackSecret } = await changeSubscription(tx, dependencies, current, body, principal);
      const result = { status: 200, body: { ...subscriptionOf(row), statusCallbackSecret } } as const;
      await idempotent(tx, result);
      return result;
    }),
  );

  mountRoute(app, publisherRoutes.deleteSubscription, async ({ params, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      found(await findSubscription(tx, params.id, { userId: ownerFilter(principal), lock: true }));
      await endSubscription(tx, params.id);
      const result = { status: 204 } as const;
      await idempotent(tx, result);
      return result;
    }),
  );
}
