import type { FastifyInstance } from 'fastify';
import type { RouteDependencies } from './route-dependencies.ts';
import { mountDeliveries } from './v1/deliveries.ts';
import { mountEndpoints } from './v1/endpoints.ts';
import { mountEngagement } from './v1/engagement.ts';
import { mountPreferences } from './v1/preferences.ts';
import { mountRedeliveries } from './v1/redeliveries.ts';
import { mountSubscriptions } from './v1/subscriptions.ts';
import { mountUnsubscribe } from './v1/unsubscribe.ts';

/** Mounts every route of the service. */
export async function mountRoutes(app: FastifyInstance, dependencies: RouteDependencies): Promise<void> {
  mountSubscriptions(app, dependencies);
  mountEndpoints(app, dependencies);
  mountDeliveries(app, dependencies);
  mountRedeliveries(app, dependencies);
  mountPreferences(app, dependencies);
  mountEngagement(app, dependencies);
  await mountUnsubscribe(app, dependencies);
}
