import { meshRoutes } from '@peermesh/contracts/mesh';
import { meshErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { openEventStream } from '../../api/event-stream.ts';
import type { RouteDependencies } from '../route-dependencies.ts';

const SUBSCRIBERS_MAX = 1_000;

/** /api/v1/mesh/topics/:topic/messages and /stream */
export function mountMessages(app: FastifyInstance, { topics }: RouteDependencies): void {
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

  mountRoute(app, meshRoutes.read, async ({ params, query, principal }) => ({
    status: 200,
    body: await topics.read(
      { tenantId: principal.tenantId, topic: params.topic },
      query.offset ?? 0,
      query.limit ?? 100,
    ),
  }));

  mountRoute(app, meshRoutes.subscribe, async ({ params, query, principal, request, reply }) => {
    if (closers.size >= SUBSCRIBERS_MAX) throw meshErrors.busy({ retryAfterSeconds: 5 });
    const from = startOf(request.headers['last-event-id'], query.from ?? 'latest');
    const where = { tenantId: principal.tenantId, topic: params.topic };
    let isReading = false;
    const subscription = topics.subscribe(where, from, (record) => {
      const hasRoom = stream.send({
        type: 'message',
        ...(record.offset === null ? {} : { id: String(record.offset) }),
        data: {
          offset: record.offset,
          origin: record.origin,
          publishedAt: new Date(record.publishedAtMs).toISOString(),
          payload: Buffer.from(record.payload).toString('base64'),
        },
      });
      if (!hasRoom) stream.onDrain(() => subscription.resume());
      return hasRoom && isReading;
    });
    const stream = openEventStream(reply, () => {
      closers.delete(stream.close);
      subscription.close();
    });
    closers.add(stream.close);
    isReading = true;
    subscription.resume();
    return { status: 200, body: '' };
  });
}

/** Where to begin: after the last event that the reader has, or where it asked to. */
function startOf(lastEventId: string | string[] | undefined, from: string): 'latest' | 'earliest' | number {
  if (typeof lastEventId === 'string' && /^[0-9]{1,15}$/.test(lastEventId)) return Number(lastEventId) + 1;
  return from === 'latest' || from === 'earliest' ? from : Number(from);
}
