export { type Overflow, type QueueLimits } from './bounded-queue.ts';
export { type DataEvent } from './counters.ts';
export { DataNode, type DataNodeOptions } from './data-node.ts';
export {
  type CursorStore,
  type EventLog,
  type MeshSender,
  Priority,
  type SendOptions,
  type TopicRange,
  type TopicRecord,
} from './ports.ts';
export { type PublishOutcome, type PublishRefusal, type PublishRequest } from './publisher.ts';
export type { Delivery, Subscription, TransientRecord } from './subscription/subscription.ts';
export { type SubscribeFrom, type SubscribeRequest, SubscriptionEnd } from './subscription/subscriptions.ts';
export { isTopicName, TOPIC_BYTES_MAX } from './topic-name.ts';
export { type DataFuzzReport, fuzzDataMessages } from './wire/fuzz.ts';
