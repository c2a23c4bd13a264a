import { meshRoutes } from '@peermesh/contracts/mesh';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { openEventStream } from '../../api/event-stream.ts';
import type { RouteDependencies } from '../route-dependencies.ts';

/** A reader that leaves this much is closed; it begins again with the state. */
const UNTAKEN_BYTES_MAX = 1_048_576;

/** /api/v1/mesh/events */
export function mountWatch(app: FastifyInstance, { runtime, watchers, admissions }: RouteDependencies): void {
  const closers = new Set<() => void>();
  app.addHook('preClose', async () => {
    for (const close of closers) close();
  });

  mountRoute(app, meshRoutes.watch, async ({ principal, request, reply }) => {
    const mesh = runtime.mesh();
    const leave = watchers.take();
    const stream = openEventStream(reply, () => {
      closers.delete(stream.close);
      stopWatching();
      release();
      leave();
    });
    const release = admissions.hold(principal, (error) => stream.fail(error, request.id));
    closers.add(stream.close);
    stream.send({ type: 'mesh', data: mesh });
    const stopWatching = runtime.watch(({ type, ...data }) => {
      stream.send({ type, data: type === 'mesh' && 'mesh' in data ? data.mesh : data });
      if (stream.bufferedBytes > UNTAKEN_BYTES_MAX) stream.close();
    });
    return { status: 200, body: '' };
  });
}
