import { type DeadLetterModule, deadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { commonErrors } from '@peermesh/errors';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { Bus } from './bus.ts';
import { createDeadLetterAdmin, type DeadLetterCriteria } from './dead-letter-admin.ts';

/**
 * Mounts `/api/v1/{module}/dead-letters`: list, show, redrive, discard. Administrators see the dead letters of their tenant.
 * The contract's routes are `deadLetterRoutes(module)` of `@peermesh/contracts/dead-letters`.
 */
export function mountDeadLetterRoutes(app: FastifyInstance, options: { readonly bus: Bus }): void {
  const { bus } = options;
  const routes = deadLetterRoutes(bus.module as DeadLetterModule);
  const admin = createDeadLetterAdmin(bus.db, bus.module);

  mountRoute(app, routes.listDeadLetters, async ({ query, principal }) => {
    const { page: _page, limit: _limit, ...criteria } = query;
    const { items, total } = await admin.list(principal.tenantId, criteria, windowOf(query));
    return { status: 200, body: pageOf(items, total, query) };
  });

  mountRoute(app, routes.getDeadLetter, async ({ params, principal }) => {
    const letter = await admin.get(principal.tenantId, params.deadLetterId);
    if (letter === null) throw commonErrors.notFound();
    return { status: 200, body: letter };
  });

  mountRoute(app, routes.redriveDeadLetters, async ({ body, principal, idempotent }) => {
    const { ratePerSecond = 100, dryRun = false } = body;
    const change = await admin.redrive(
      principal.tenantId,
      criteriaOf(body),
      { ratePerSecond, dryRun, by: principal.subject },
      (tx, result) => idempotent(tx, { status: 200, body: result }),
    );
    if (change.changed > 0) bus.wakeRedriver();
    return { status: 200, body: change };
  });

  mountRoute(app, routes.discardDeadLetters, async ({ body, principal, idempotent }) => {
    const change = await admin.discard(
      principal.tenantId,
      criteriaOf(body),
      { dryRun: body.dryRun ?? false, by: principal.subject },
      (tx, result) => idempotent(tx, { status: 200, body: result }),
    );
    return { status: 200, body: change };
  });
}

function criteriaOf(body: { readonly ids?: string[]; readonly filter?: DeadLetterCriteria }): DeadLetterCriteria {
  if ((body.ids === undefined) === (body.filter === undefined))
    throw commonErrors.unprocessable({ detail: 'Give either `ids` or `filter`; `"filter": {}` means all open ones.' });
  return body.ids === undefined ? { ...body.filter } : { ids: body.ids };
}
