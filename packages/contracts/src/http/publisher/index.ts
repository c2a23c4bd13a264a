import * as routes from './routes.ts';

export {
  Attempt,
  Channel,
  CreateEndpoint,
  CreateSubscription,
  Delivery,
  DeliveryState,
  DeliveryWithAttempts,
  Endpoint,
  EndpointWithSecret,
  EngagementKind,
  Preferences,
  Subscription,
  SubscriptionFilter,
  UpdateEndpoint,
  UpdateSubscription,
} from './schemas.ts';

/** Every route of the publisher service. */
export const publisherRoutes = { ...routes } as const;
