import * as deliveries from './deliveries.ts';
import * as endpoints from './endpoints.ts';
import * as engagement from './engagement.ts';
import * as mailLinks from './mail-links.ts';
import * as preferences from './preferences.ts';
import * as redeliveries from './redeliveries.ts';
import * as subscriptions from './subscriptions.ts';

export {
  Attempt,
  Channel,
  CreateEndpoint,
  CreateRedelivery,
  CreateSubscription,
  Delivery,
  DeliveryState,
  DeliveryWithAttempts,
  Endpoint,
  EndpointWithSecret,
  EngagementKind,
  Preferences,
  Redelivery,
  Subscription,
  SubscriptionFilter,
  SubscriptionWithSecret,
  UpdateEndpoint,
  UpdateSubscription,
} from './schemas.ts';

/** Every route of the publisher service. */
export const publisherRoutes = {
  ...subscriptions,
  ...endpoints,
  ...deliveries,
  ...redeliveries,
  ...preferences,
  ...engagement,
  ...mailLinks,
} as const;
