import { type Preferences, publisherRoutes } from '@peermesh/contracts/publisher';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { readPreferences, TENANT_DEFAULT, writePreferences } from '../../adapters/pg/preference-store.ts';
import { isTimeZone, mergePreferences } from '../../domain/preferences.ts';
import type { RouteDependencies } from '../route-dependencies.ts';

/** /api/v1/preferences */
export function mountPreferences(app: FastifyInstance, { db }: RouteDependencies): void {
  mountRoute(app, publisherRoutes.getPreferences, async ({ principal }) =>
    db.tenant(
      principal.tenantId,
      async (tx) => {
        const tenant = await readPreferences(tx, TENANT_DEFAULT);
        return { status: 200, body: mergePreferences(tenant, await readPreferences(tx, principal.subject)) };
      },
      { readOnly: true },
    ),
  );

  mountRoute(app, publisherRoutes.putPreferences, async ({ body, principal, idempotent }) => {
    assertTimeZone(body);
    return db.tenant(principal.tenantId, async (tx) => {
      await writePreferences(tx, principal.tenantId, principal.subject, body);
      const result = { status: 200, body: mergePreferences(await readPreferences(tx, TENANT_DEFAULT), body) } as const;
      await idempotent(tx, result);
      return result;
    });
  });

  mountRoute(app, publisherRoutes.putDefaultPreferences, async ({ body, principal, idempotent }) => {
    assertTimeZone(body);
    return db.tenant(principal.tenantId, async (tx) => {
      await writePreferences(tx, principal.tenantId, TENANT_DEFAULT, body);
      const result = { status: 200, body } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}

function assertTimeZone({ quietHours }: Preferences): void {
  if (quietHours === undefined || quietHours === null || isTimeZone(quietHours.timeZone)) return;
  throw commonErrors.unprocessable({ detail: `There is no time zone ${JSON.stringify(quietHours.timeZone)}.` });
}
