import { routerRoutes } from '@peermesh/contracts/router';
import type { Database } from '@peermesh/database';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { listMeshes } from '../../adapters/pg/link-state-store.ts';
import type { Clock } from '../../ports.ts';
import type { PathService } from '../../usecases/compute-paths.ts';
import { showTopology } from '../../usecases/show-topology.ts';

/** What these routes need. */
export interface PathRouteDependencies {
  readonly db: Database<unknown>;
  readonly clock: Clock;
  readonly paths: PathService;
}

/** /api/v1/router/meshes */
export function mountPaths(app: FastifyInstance, { db, clock, paths }: PathRouteDependencies): void {
  mountRoute(app, routerRoutes.listRoutedMeshes, async ({ query }) => {
    const { items, total } = await db.system((tx) => listMeshes(tx, windowOf(query)), { readOnly: true });
    const shown = items.map(({ meshId, revision, nodes, changedAt }) => {
      return { meshId, revision, nodes, changedAt: changedAt.toISOString() };
    });
    return { status: 200, body: pageOf(shown, total, query) };
  });

  mountRoute(app, routerRoutes.getRoutedTopology, async ({ params, query }) => ({
    status: 200,
    body: await showTopology(db, params.meshId, query.at === undefined ? null : new Date(query.at), clock()),
  }));

  mountRoute(app, routerRoutes.computePaths, async ({ params, body }) => ({
    status: 200,
    body: await paths.paths(params.meshId, body),
  }));
}
