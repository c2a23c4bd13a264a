import { publisherRoutes } from '@peermesh/contracts/publisher';
import { commonErrors } from '@peermesh/errors';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import {
  findRedelivery,
  insertRedelivery,
  listRedeliveries,
  redeliveryOf,
  updateRedelivery,
} from '../../adapters/pg/redelivery-store.ts';
import { found, ownerFilter, type RouteDependencies } from '../route-dependencies.ts';

const PER_SECOND = 50;

/** /api/v1/publisher/redeliveries */
export function mountRedeliveries(app: FastifyInstance, { db }: RouteDependencies): void {
  mountRoute(app, publisherRoutes.createRedelivery, async ({ body, principal, idempotent }) => {
    const { perSecond, ...range } = body;
    if (Date.parse(range.from) >= Date.parse(range.to)) {
      throw commonErrors.unprocessable({ detail: '`from` must be before `to`.' });
    }
    return db.tenant(principal.tenantId, async (tx) => {
      const row = await insertRedelivery(tx, {
        tenantId: principal.tenantId,
        userId: principal.subject,
        selection: { ...range, userId: ownerFilter(principal) },
        perSecond: perSecond ?? PER_SECOND,
      });
      const result = { status: 202, body: redeliveryOf(row) } as const;
      await idempotent(tx, result);
      return result;
    });
  });

  mountRoute(app, publisherRoutes.listRedeliveries, async ({ query, principal }) => {
    const { items, total } = await db.tenant(
      principal.tenantId,
      (tx) => listRedeliveries(tx, ownerFilter(principal), windowOf(query)),
      { readOnly: true },
    );
    return { status: 200, body: pageOf(items.map(redeliveryOf), total, query) };
  });

  mountRoute(app, publisherRoutes.getRedelivery, async ({ params, principal }) => {
    const row = await db.tenant(
      principal.tenantId,
      (tx) => findRedelivery(tx, params.id, { userId: ownerFilter(principal) }),
      { readOnly: true },
    );
    return { status: 200, body: redeliveryOf(found(row)) };
  });

  mountRoute(app, publisherRoutes.updateRedelivery, async ({ params, body, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      const job = found(await findRedelivery(tx, params.id, { userId: ownerFilter(principal), lock: true }));
      if (job.state === 'done' || job.state === 'cancelled') {
        throw commonErrors.conflict({ detail: `The job is ${job.state}.` });
      }
      const result = { status: 200, body: redeliveryOf(await updateRedelivery(tx, job.id, body)) } as const;
      await idempotent(tx, result);
      return result;
    }),
  );
}
