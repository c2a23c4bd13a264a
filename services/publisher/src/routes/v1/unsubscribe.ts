import { publisherRoutes } from '@peermesh/contracts/publisher';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { endSubscription } from '../../usecases/manage-subscriptions.ts';
import { found, type RouteDependencies } from '../route-dependencies.ts';

const PAGE =
  '<!doctype html><title>Unsubscribe</title><form method="post"><button name="List-Unsubscribe" value="One-Click">Unsubscribe</button></form>';

/** /api/v1/subscriptions/unsubscribe/:token, in a scope of its own because mail programs post a form (RFC 8058). */
export async function mountUnsubscribe(app: FastifyInstance, { db, links }: RouteDependencies): Promise<void> {
  await app.register(async (scope) => {
    for (const type of publisherRoutes.unsubscribe.consumes ?? []) {
      scope.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, _body, done) => done(null, undefined));
    }
    mountRoute(scope, publisherRoutes.unsubscribe, async ({ params }) => {
      const { tenantId, subscriptionId } = found(links.verify(params.token, 'unsubscribe'));
      await db.tenant(tenantId, (tx) => endSubscription(tx, subscriptionId));
      return { status: 204 };
    });
    mountRoute(scope, publisherRoutes.confirmUnsubscribe, async ({ params }) => {
      found(links.verify(params.token, 'unsubscribe'));
      return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: PAGE };
    });
  });
}
