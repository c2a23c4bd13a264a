import { repeat, type Worker } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import type { RedisPathMetrics } from '../adapters/redis/path-metrics.ts';
import type { MeshRuntime } from '../ports.ts';

const EVERY_MS = 5_000;

/** Tells Redis every five seconds how this node's paths do; says nothing while Redis is away. */
export function startPathMetricsWriter(options: {
  readonly runtime: MeshRuntime;
  readonly metrics: RedisPathMetrics;
  readonly logger: Logger;
}): Worker {
  const { runtime, metrics, logger } = options;
  return repeat({ everyMs: EVERY_MS, logger, name: 'path-metrics' }, async () => {
    const { mesh } = runtime.status();
    if (mesh === null || metrics.isAway) return;
    const { nodes, links } = runtime.topology();
    const reachable = nodes.filter(({ shortId, isReachable }) => shortId !== mesh.self && isReachable);
    const paths = reachable.flatMap(({ shortId }) => {
      const [primary] = runtime.paths(null, String(shortId)).paths;
      return primary === undefined ? [] : [{ ...primary, to: shortId }];
    });
    await metrics.write(mesh.meshId, mesh.self, { paths, links });
  });
}
