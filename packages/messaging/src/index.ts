export { type Bus, type BusOptions, createBus } from './bus.ts';
export type { ConsumeContext, ConsumerOptions } from './consumer-options.ts';
export { mountDeadLetterRoutes } from './dead-letter-routes.ts';
export { poison, retryable } from './failure.ts';
export { connectNats, type NatsOptions } from './nats-connection.ts';
export { type OpenService, openService, type ServiceOverrides } from './open-service.ts';
export { createOutbox, EVENT_BYTES_MAX, type Outbox, type PublishItem, type PublishOptions } from './outbox.ts';
export { startWithRevocations } from './revocation-feed.ts';
export { caughtUpWithin, createTail, type Tail, type TailOptions, type TailPosition, type TailStart } from './tail.ts';
