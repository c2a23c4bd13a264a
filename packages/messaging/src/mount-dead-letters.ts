import { defineDeadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { Bus } from './bus.ts';
import { DeadLetterAdmin } from './dead-letter-admin.ts';

/** Mounts `/api/v1/{module}/dead-letters`: list, read, redrive, discard; for administrators. */
export function mountDeadLetterRoutes(app: FastifyInstance, bus: Bus): void {
  const routes = defineDeadLetterRoutes(bus.module);
  const admin = new DeadLetterAdmin(bus.db.schema, bus.module);
  const { db } = bus;

  mountRoute(app, routes.listDeadLetters, async ({ query, principal }) => {
    const page = await db.system((tx) => admin.list(tx, { ...query, tenantId: principal.tenantId, ...windowOf(query) }), { readOnly: true });
    return { status: 200, body: pageOf(page.items, page.total, query) };
  });

  mountRoute(app, routes.getDeadLetter, async ({ params, principal }) => ({
    status: 200,
    body: await db.system((tx) => admin.get(tx, principal.tenantId, params.id), { readOnly: true }),
  }));

  mountRoute(app, routes.redriveDeadLetters, async ({ body, principal, idempotent }) =>
    db.system(async (tx) => {
      const deadLetters = await admin.redrive(tx, { ...body, tenantId: principal.tenantId }, principal.subject);
      tx.afterCommit(() => bus.wakeRelay());
      const result = { status: 202, body: { deadLetters } } as const;
      await idempotent(tx, result);
      return result;
    }),
  );

  mountRoute(app, routes.discardDeadLetters, async ({ body, principal, idempotent }) =>
    db.system(async (tx) => {
      const result = { status: 200, body: { deadLetters: await admin.discard(tx, { ...body, tenantId: principal.tenantId }, principal.subject) } } as const;
      await idempotent(tx, result);
      return result;
    }),
  );
}
