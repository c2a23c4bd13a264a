import { routerRoutes } from '@peermesh/contracts/router';
import type { Database } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { changePolicy, deletePolicy, findPolicy, insertPolicy, listPolicies } from '../../adapters/pg/policy-store.ts';

function found<T>(thing: T | null): T {
  if (thing === null) throw commonErrors.notFound();
  return thing;
}

/** /api/v1/router/policies */
export function mountPolicies(app: FastifyInstance, db: Database<unknown>): void {
  mountRoute(app, routerRoutes.createRoutePolicy, ({ body, idempotent }) =>
    db.system(async (tx) => {
      const result = { status: 201, body: await insertPolicy(tx, body) } as const;
      await idempotent(tx, result);
      return result;
    }),
  );

  mountRoute(app, routerRoutes.listRoutePolicies, async ({ query }) => {
    const window = windowOf(query);
    const { items, total } = await db.system((tx) => listPolicies(tx, query.meshId, window), { readOnly: true });
    return { status: 200, body: pageOf(items, total, query) };
  });

  mountRoute(app, routerRoutes.getRoutePolicy, async ({ params }) => ({
    status: 200,
    body: found(await db.system((tx) => findPolicy(tx, params.id), { readOnly: true })),
  }));

  mountRoute(app, routerRoutes.updateRoutePolicy, ({ params, body, idempotent }) =>
    db.system(async (tx) => {
      const current = found(await findPolicy(tx, params.id, { lock: true }));
      if (current.version !== body.version)
        throw commonErrors.versionConflict({ meta: { currentVersion: current.version } });
      const result = { status: 200, body: await changePolicy(tx, current, body) } as const;
      await idempotent(tx, result);
      return result;
    }),
  );

  mountRoute(app, routerRoutes.deleteRoutePolicy, ({ params, idempotent }) =>
    db.system(async (tx) => {
      if (!(await deletePolicy(tx, params.id))) throw commonErrors.notFound();
      const result = { status: 204 } as const;
      await idempotent(tx, result);
      return result;
    }),
  );
}
