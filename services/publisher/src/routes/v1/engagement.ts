import { publisherRoutes } from '@peermesh/contracts/publisher';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { findDelivery } from '../../adapters/pg/delivery-store.ts';
import { aggregateEngagement } from '../../adapters/pg/engagement-store.ts';
import { recordEngagement } from '../../usecases/record-engagement.ts';
import { found, listedUser, type RouteDependencies } from '../route-dependencies.ts';

const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
const DAYS_MS = 86_400_000;
const SPAN_DAYS_MAX = 366;

/** /api/v1/engagement */
export function mountEngagement(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db, clock, links } = dependencies;

  mountRoute(app, publisherRoutes.getEngagement, async ({ query, principal }) => {
    const to = query.to === undefined ? clock() : new Date(query.to);
    const from = query.from === undefined ? new Date(to.getTime() - 30 * DAYS_MS) : new Date(query.from);
    const spanMs = to.getTime() - from.getTime();
    if (!(spanMs > 0 && spanMs <= SPAN_DAYS_MAX * DAYS_MS)) {
      throw commonErrors.unprocessable({ detail: `From \`from\` to \`to\` may be up to ${SPAN_DAYS_MAX} days.` });
    }
    const groups = await db.tenant(
      principal.tenantId,
      (tx) =>
        aggregateEngagement(tx, {
          groupBy: query.groupBy ?? 'day',
          from,
          to,
          userId: listedUser(principal, query.userId),
          subscriptionId: query.subscriptionId,
          topic: query.topic,
        }),
      { readOnly: true },
    );
    return { status: 200, body: { groups } };
  });

  mountRoute(app, publisherRoutes.trackOpen, async ({ params, log }) => {
    const claim = found(links.verify(params.token, 'open'));
    await track(claim, 'open').catch((error: unknown) => log.warn({ err: error }, 'an open was not counted'));
    const headers = { 'content-type': 'image/gif', 'cache-control': 'no-store, private' };
    return { status: 200, headers, body: PIXEL as unknown as string };
  });

  mountRoute(app, publisherRoutes.trackClick, async ({ params, log }) => {
    const claim = found(links.verify(params.token, 'click'));
    await track(claim, 'click').catch((error: unknown) => log.warn({ err: error }, 'a click was not counted'));
    return {
      status: 302,
      headers: { location: claim.url, 'cache-control': 'no-store, private', 'referrer-policy': 'no-referrer' },
    };
  });

  /** A recipient gets the picture or the page whatever becomes of the counting. */
  async function track(
    claim: { readonly tenantId: string; readonly deliveryId: string },
    kind: 'open' | 'click',
  ): Promise<void> {
    await db.tenant(claim.tenantId, async (tx) => {
      const delivery = await findDelivery(tx, claim.deliveryId);
      if (delivery !== null) await recordEngagement(tx, dependencies, delivery, kind);
    });
  }
}
