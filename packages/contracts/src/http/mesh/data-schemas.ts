import { type Static, Type } from 'typebox';
import { Timestamp } from '../../timestamps.ts';

const strict = { additionalProperties: false } as const;

/** Name of a topic inside a tenant. */
export const TopicName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$',
  description: 'Belongs to the tenant of the caller.',
  examples: ['berths.occupied'],
});

/** Largest payload of a message in bytes. */
export const MESSAGE_BYTES_MAX = 262_144;

/** Largest offset that can be asked for. */
export const OFFSET_MAX = 1_000_000_000_000_000;

/** Whether a message is kept until every subscriber has it, or may be lost under load. */
export const DeliveryClass = Type.Enum(['reliable', 'best_effort']);
/** What goes first when there is not room for all. */
export const MessagePriority = Type.Enum(['system', 'internal', 'client']);

/** One message to publish. */
export const PublishedMessage = Type.Object(
  {
    payload: Type.String({
      contentEncoding: 'base64',
      pattern: '^[A-Za-z0-9+/]*={0,2}$',
      maxLength: Math.ceil(MESSAGE_BYTES_MAX / 3) * 4,
      description: 'Bytes in base64.',
      examples: ['eyJiZXJ0aCI6N30='],
    }),
  },
  strict,
);

/** A batch of messages; all are taken or none. */
export const PublishMessages = Type.Object(
  {
    delivery: Type.Optional({ ...DeliveryClass, default: 'reliable' }),
    priority: Type.Optional({ ...MessagePriority, default: 'client' }),
    messages: Type.Array(PublishedMessage, { minItems: 1, maxItems: 1000 }),
  },
  strict,
);

/** What became of a batch. */
export const PublishResult = Type.Object({
  accepted: Type.Integer({ minimum: 0 }),
  firstOffset: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'Offset of the first message in the log of this node; null for best effort, which is not stored.',
  }),
});
/** What became of a batch. */
export type PublishResult = Static<typeof PublishResult>;

/** A message in the log of a node. */
export const TopicMessage = Type.Object({
  offset: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    description: 'Null for a best-effort message, which is in no log.',
  }),
  origin: Type.Integer({ minimum: 0, description: 'Number of the node that it was published at.' }),
  publishedAt: Timestamp,
  payload: Type.String({ contentEncoding: 'base64' }),
});
/** A message in the log of a node. */
export type TopicMessage = Static<typeof TopicMessage>;

/** Messages from an offset on. */
export const MessagesRead = Type.Object({
  messages: Type.Array(TopicMessage),
  nextOffset: Type.Integer({ minimum: 0 }),
  firstOffset: Type.Integer({ minimum: 0, description: 'The oldest that is kept.' }),
  endOffset: Type.Integer({ minimum: 0, description: 'One after the newest.' }),
});
/** Messages from an offset on. */
export type MessagesRead = Static<typeof MessagesRead>;
