import type { ServiceImpl } from '@connectrpc/connect';
import { type JoinPolicy, meshRoutes } from '@peermesh/contracts/mesh';
import { meshErrors } from '@peermesh/errors';
import { createCheck } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import type { MeshService } from '../gen/peermesh/mesh/v1/mesh_pb.ts';
import type { RouteDependencies } from '../routes/route-dependencies.ts';
import { principalOf } from './caller.ts';
import { Feed } from './feed.ts';
import { changeMessage, meshMessage, nodeMessage, pathMessage, policyNamed } from './mesh-messages.ts';

const PAGE_SIZE = 20;
/** A reader that leaves so many changes untaken is closed; it begins again with the state. */
const UNTAKEN_MAX = 10_000;

const checkSeed = createCheck(meshRoutes.seed.body, 'request');
const checkJoin = createCheck(meshRoutes.join.body, 'request');
const checkNode = createCheck(meshRoutes.evictNode.params, 'request');
const checkPaths = createCheck(meshRoutes.getPaths.query, 'request');
const checkPage = createCheck(meshRoutes.listNodes.query, 'request');

/** MeshService by the same operations and rules as the routes under /api/v1/mesh. */
export function meshService(
  { runtime, watchers, admissions }: Pick<RouteDependencies, 'runtime' | 'watchers' | 'admissions'>,
  log: Logger,
): ServiceImpl<typeof MeshService> {
  return {
    async seedMesh({ meshId, joinPolicy }) {
      const wish = { meshId, joinPolicy: policyNamed(joinPolicy) };
      checkSeed(wish);
      const { mesh, joinKey } = await runtime.seed({ meshId, joinPolicy: wish.joinPolicy as JoinPolicy });
      return { mesh: meshMessage(mesh), joinKey: joinKey ?? '' };
    },

    async joinMesh({ meshId, addresses, joinKey }) {
      checkJoin({ meshId, addresses, ...(joinKey === '' ? {} : { joinKey }) });
      return { mesh: meshMessage(await runtime.join({ meshId, addresses, joinKey: joinKey === '' ? null : joinKey })) };
    },

    async leaveMesh(_request, context) {
      await runtime.leave(principalOf(context).subject);
      return {};
    },

    async evictNode({ node, override }, context) {
      checkNode({ node });
      const operator = principalOf(context).subject;
      if (override) log.warn({ node, operator }, 'eviction with override was asked for');
      await runtime.evict(node, { operator, override });
      return {};
    },

    getMesh: () => ({ mesh: meshMessage(runtime.mesh()) }),

    listNodes({ pageSize, pageToken }) {
      const limit = pageSize === 0 ? PAGE_SIZE : pageSize;
      const page = pageToken === '' ? 1 : Number(pageToken);
      checkPage({ page, limit });
      const nodes = runtime.nodes();
      const shown = nodes.slice((page - 1) * limit, page * limit);
      const nextPageToken = page * limit < nodes.length ? String(page + 1) : '';
      return { nodes: shown.map(nodeMessage), nextPageToken, totalSize: nodes.length };
    },

    getTopology() {
      const { meshId, nodes, links } = runtime.topology();
      return {
        meshId,
        nodes,
        links: links.map(({ latencyUs, spareKbps, ...same }) => ({
          ...same,
          latencyUs: BigInt(latencyUs),
          spareKbps: BigInt(spareKbps),
        })),
      };
    },

    getPaths({ from, to }) {
      checkPaths({ to, ...(from === '' ? {} : { from }) });
      const found = runtime.paths(from === '' ? null : from, to);
      return { from: found.from, to: found.to, paths: found.paths.map(pathMessage) };
    },

    async *watchMesh(_request, context) {
      const { signal } = context;
      const mesh = runtime.mesh();
      const leave = watchers.take();
      const feed = new Feed<ReturnType<typeof changeMessage>>(UNTAKEN_MAX);
      feed.push(changeMessage({ type: 'mesh', mesh }), 1);
      const stopWatching = runtime.watch((change) => {
        const detail = 'The reader fell behind. Begin again with the state.';
        if (!feed.push(changeMessage(change), 1)) feed.end(meshErrors.busy({ detail, retryAfterSeconds: 1 }));
      });
      const abort = (): void => feed.end(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      const release = admissions.hold(principalOf(context), (error) => feed.end(error));
      try {
        for await (const changes of feed.batches()) yield* changes;
      } finally {
        signal.removeEventListener('abort', abort);
        release();
        stopWatching();
        leave();
      }
    },
  };
}
