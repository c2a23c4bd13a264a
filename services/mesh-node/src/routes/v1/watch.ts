import { meshRoutes } from '@peermesh/contracts/mesh';
import { meshErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { openEventStream } from '../../api/event-stream.ts';
import type { RouteDependencies } from '../route-dependencies.ts';

const WATCHERS_MAX = 100;
/** A reader that leaves this much is closed; it begins again with the state. */
const UNTAKEN_BYTES_MAX = 1_048_576;

/** /api/v1/mesh/events */
export function mountWatch(app: FastifyInstance, { runtime }: RouteDependencies): void {
  const closers = new Set<() => void>();
  app.addHook('preClose', async () => {
    for (const close of closers) close();
  });

  mountRoute(app, meshRoutes.watch, async ({ reply }) => {
    const mesh = runtime.mesh();
    if (closers.size >= WATCHERS_MAX) throw meshErrors.busy({ retryAfterSeconds: 5 });
    const stream = openEventStream(reply, () => {
      closers.delete(stream.close);
      stopWatching();
    });
    closers.add(stream.close);
    stream.send({ type: 'mesh', data: mesh });
    const stopWatching = runtime.watch(({ type, ...data }) => {
      stream.send({ type, data: type === 'mesh' && 'mesh' in data ? data.mesh : data });
      if (stream.bufferedBytes > UNTAKEN_BYTES_MAX) stream.close();
    });
    return { status: 200, body: '' };
  });
}
