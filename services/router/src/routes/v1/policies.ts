import { routerRoutes } from '@peermesh/contracts/router';
import type { Database } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { changePolicy, deletePolicy, findPolicy, insertPolicy, listPolicies } from '../../adapters/pg/policy-store.ts';
import type { RouteAnnouncer } from '../../usecases/announce-routes.ts';

function found<T>(thing: T | null): T {
  if (thing === null) throw commonErrors.notFound();
  return thing;
}

/** What these routes need. */
export interface PolicyRouteDependencies {
  readonly db: Database<unknown>;
  readonly announcer: Pick<RouteAnnouncer, 'policiesChanged'>;
}

/** /api/v1/router/policies; nodes are told when a change is committed. */
export function mountPolicies(app: FastifyInstance, { db, announcer }: PolicyRouteDependencies): void {
  mountRoute(app, routerRoutes.createRoutePolicy, async ({ body, idempotent }) => {
    const created = await db.system(async (tx) => {
      const result = { status: 201, body: await insertPolicy(tx, body) } as const;
      await idempotent(tx, result);
      return result;
    });
    announcer.policiesChanged(created.body.meshId);
    return created;
  });

  mountRoute(app, routerRoutes.listRoutePolicies, async ({ query }) => {
    const window = windowOf(query);
    const { items, total } = await db.system((tx) => listPolicies(tx, query.meshId, window), { readOnly: true });
    return { status: 200, body: pageOf(items, total, query) };
  });

  mountRoute(app, routerRoutes.getRoutePolicy, async ({ params }) => ({
    status: 200,
    body: found(await db.system((tx) => findPolicy(tx, params.id), { readOnly: true })),
  }));

  mountRoute(app, routerRoutes.updateRoutePolicy, async ({ params, body, idempotent }) => {
    const updated = await db.system(async (tx) => {
      const current = found(await findPolicy(tx, params.id, { lock: true }));
      if (current.version !== body.version)
        throw commonErrors.versionConflict({ meta: { currentVersion: current.version } });
      const result = { status: 200, body: await changePolicy(tx, current, body) } as const;
      await idempotent(tx, result);
      return result;
    });
    announcer.policiesChanged(updated.body.meshId);
    return updated;
  });

  mountRoute(app, routerRoutes.deleteRoutePolicy, async ({ params, idempotent }) => {
    const done = { status: 204 } as const;
    const meshId = await db.system(async (tx) => {
      const deletedFrom = found(await deletePolicy(tx, params.id));
      await idempotent(tx, done);
      return deletedFrom;
    });
    announcer.policiesChanged(meshId);
    return done;
  });
}
