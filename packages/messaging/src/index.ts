export { type Bus, type BusOptions, createBus } from './bus.ts';
export type { ConsumeContext, ConsumerOptions } from './consumer.ts';
export { poison, retryable } from './failure.ts';
export { mountDeadLetterRoutes } from './mount-dead-letters.ts';
export { connectNats, type NatsOptions } from './nats-connection.ts';
export { EVENT_BYTES_MAX, type PublishItem, type PublishOptions } from './outbox.ts';
export { createTail, type Tail, type TailOptions, type TailPosition, type TailStart } from './tail.ts';
