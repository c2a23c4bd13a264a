import { searchRoutes } from '@peermesh/contracts/search';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { headOf } from '../../adapters/pg/change-log.ts';
import { readGenerations } from '../../projection/generation-registry.ts';
import type { RouteDeps } from './route-deps.ts';

/** What operators see and do. */
export function mountOperations(app: FastifyInstance, deps: RouteDeps): void {
  mountRoute(app, searchRoutes.listBackends, async () => {
    const head = await deps.db.system((tx) => headOf(tx.client), { readOnly: true });
    const { rows } = await deps.db.pool.query<{ cursor_seq: string }>(
      'SELECT cursor_seq FROM search.search_announcements',
    );
    const generations = await readGenerations(deps.db);
    return {
      status: 200,
      body: {
        head,
        announced: Number(rows[0]?.cursor_seq ?? 0),
        items: generations.map((row) => ({
          kind: row.kind,
          generation: row.generation,
          impl: row.impl,
          spaceId: row.spaceId,
          state: row.state,
          epoch: row.epoch,
          cursor: row.cursor,
          lag: Math.max(0, head - row.cursor),
          records: Math.max(0, row.records),
          createdAt: row.createdAt.toISOString(),
        })),
      },
    };
  });

  mountRoute(app, searchRoutes.setFault, async ({ params, body }) => {
    if (deps.faults === null) throw commonErrors.routeNotFound();
    for (const backend of deps.faults(params.kind)) backend.set(body);
    return { status: 200, body };
  });
}
