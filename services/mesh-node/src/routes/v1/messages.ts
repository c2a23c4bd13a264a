import { meshRoutes } from '@peermesh/contracts/mesh';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { type EventStream, openEventStream } from '../../api/event-stream.ts';
import type { TopicRecord } from '../../ports.ts';
import type { RouteDependencies } from '../route-dependencies.ts';

/** /api/v1/mesh/topics/:topic/messages and /stream */
export function mountMessages(app: FastifyInstance, { topics, subscribers, admissions }: RouteDependencies): void {
  const closers = new Set<() => void>();
  app.addHook('preClose', async () => {
    for (const close of closers) close();
  });

  mountRoute(app, meshRoutes.publish, async ({ params, body, principal }) => {
    const { accepted, firstOffset } = await topics.publish(
      { tenantId: principal.tenantId, topic: params.topic },
      {
        delivery: body.delivery ?? 'reliable',
        priority: body.priority ?? 'client',
        messages: body.messages.map(({ payload }) => ({ payload: Buffer.from(payload, 'base64') })),
      },
    );
    return { status: 202, body: { accepted, firstOffset } };
  });

  mountRoute(app, meshRoutes.read, async ({ params, query, principal }) => {
    const where = { tenantId: principal.tenantId, topic: params.topic };
    const { records, ...range } = await topics.read(where, query.offset ?? 0, query.limit ?? 100);
    return { status: 200, body: { messages: records.map(messageOf), ...range } };
  });

  mountRoute(app, meshRoutes.subscribe, async ({ params, query, principal, request, reply }) => {
    let stream: EventStream | null = null;
    const open = (leave: () => void) => ({
      leave,
      ...topics.subscribe(
        { tenantId: principal.tenantId, topic: params.topic },
        startOf(request.headers['last-event-id'], query.from ?? 'latest'),
        (record) => {
          if (stream === null) return false;
          const id = record.offset === null ? {} : { id: String(record.offset) };
          const hasRoom = stream.send({ type: 'message', ...id, data: messageOf(record) });
          if (!hasRoom) stream.onDrain(() => subscription.resume());
          return hasRoom;
        },
        (error) => stream?.fail(error, request.id),
      ),
    });
    const subscription = subscribers.takeFor(open);
    stream = openEventStream(reply, () => {
      if (stream !== null) closers.delete(stream.close);
      release();
      subscription.close();
      subscription.leave();
    });
    const release = admissions.hold(principal, (error) => stream?.fail(error, request.id));
    closers.add(stream.close);
    subscription.resume();
    return { status: 200, body: '' };
  });
}

function messageOf({ offset, origin, publishedAtMs, payload }: TopicRecord) {
  return {
    offset,
    origin,
    publishedAt: new Date(publishedAtMs).toISOString(),
    payload: Buffer.from(payload).toString('base64'),
  };
}

/** Where to begin: after the last event that the reader has, or where it asked to. */
function startOf(lastEventId: string | string[] | undefined, from: string): 'latest' | 'earliest' | number {
  if (typeof lastEventId === 'string' && /^[0-9]{1,15}$/.test(lastEventId)) return Number(lastEventId) + 1;
  return from === 'latest' || from === 'earliest' ? from : Number(from);
}
