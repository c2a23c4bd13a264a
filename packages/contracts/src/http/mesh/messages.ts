import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { MessagesRead, OFFSET_MAX, PublishMessages, PublishResult, TopicName } from './data-schemas.ts';
import { publishMessages, readMessages } from './policies.ts';

const tags = ['mesh messages'];
const params = Type.Object({ topic: TopicName });
const BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** Publishes a batch. */
export const publish = defineRoute({
  id: 'mesh.messages.publish',
  method: 'POST',
  path: '/api/v1/mesh/topics/:topic/messages',
  summary: 'Publish messages to a topic',
  description:
    'Reliable messages are on the disk of this node when the answer comes, and reach every node that has subscribers, whatever paths fail meanwhile. Best-effort messages are sent at once and may be lost. The batch is taken whole or not at all.',
  tags,
  policy: publishMessages,
  params,
  body: PublishMessages,
  bodyBytesMax: BATCH_BYTES_MAX,
  responses: { 202: PublishResult },
  errors: ['PM_MESH_NOT_MEMBER', 'PM_MESH_BUSY', 'PM_MESH_STORAGE_FAILED'],
});

/** Reads by offset. */
export const read = defineRoute({
  id: 'mesh.messages.read',
  method: 'GET',
  path: '/api/v1/mesh/topics/:topic/messages',
  summary: 'Read messages of a topic from an offset on',
  description: 'Offsets are those of the log of this node. A topic that nobody published to is empty.',
  tags,
  policy: readMessages,
  params,
  query: Type.Object({
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: OFFSET_MAX, default: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  }),
  responses: { 200: MessagesRead },
  errors: ['PM_MESH_NOT_MEMBER', 'PM_MESH_OFFSET_GONE', 'PM_MESH_RECORD_DAMAGED'],
});

/** Follows a topic. */
export const subscribe = defineRoute({
  id: 'mesh.messages.subscribe',
  method: 'GET',
  path: '/api/v1/mesh/topics/:topic/stream',
  summary: 'Follow a topic as an event stream',
  description:
    'Server-Sent Events: `message` with the message as data and its offset as id; `Last-Event-ID` continues after it. When the node ends the stream, `problem` says why first. Messages of other nodes arrive while somebody subscribes here.',
  tags,
  policy: readMessages,
  params,
  query: Type.Object({
    from: Type.Optional(
      Type.String({ pattern: '^(latest|earliest|[0-9]{1,15})$', default: 'latest', description: 'Where to begin.' }),
    ),
  }),
  responses: { 200: Type.String({ contentMediaType: 'text/event-stream' }) },
  errors: ['PM_MESH_NOT_MEMBER', 'PM_MESH_BUSY', 'PM_MESH_OFFSET_GONE', 'PM_MESH_RECORD_DAMAGED'],
});
