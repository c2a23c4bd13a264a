import { randomUUID } from 'node:crypto';
import { createContextKey, type HandlerContext } from '@connectrpc/connect';
import type { RouteDefinition } from '@peermesh/contracts';
import { meshRoutes } from '@peermesh/contracts/mesh';
import { admitCaller } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import type { FastifyInstance } from 'fastify';
import { MeshDataService } from '../gen/peermesh/mesh/v1/mesh_data_pb.ts';
import { MeshService } from '../gen/peermesh/mesh/v1/mesh_pb.ts';
import { PRINCIPAL } from './caller.ts';
import { rpcErrorFrom } from './rpc-error.ts';

/** The route whose policy a method has: who may do it over REST may do it here, and nobody else. */
const ROUTES: ReadonlyMap<string, RouteDefinition> = new Map<string, RouteDefinition>([
  [pathOf(MeshService.method.seedMesh), meshRoutes.seed],
  [pathOf(MeshService.method.joinMesh), meshRoutes.join],
  [pathOf(MeshService.method.leaveMesh), meshRoutes.leave],
  [pathOf(MeshService.method.evictNode), meshRoutes.evictNode],
  [pathOf(MeshService.method.getMesh), meshRoutes.getMesh],
  [pathOf(MeshService.method.listNodes), meshRoutes.listNodes],
  [pathOf(MeshService.method.getTopology), meshRoutes.getTopology],
  [pathOf(MeshService.method.getPaths), meshRoutes.getPaths],
  [pathOf(MeshService.method.watchMesh), meshRoutes.watch],
  [pathOf(MeshDataService.method.publish), meshRoutes.publish],
  [pathOf(MeshDataService.method.subscribe), meshRoutes.subscribe],
  [pathOf(MeshDataService.method.read), meshRoutes.read],
]);

/** Where a call comes from. */
export const REMOTE_ADDRESS = createContextKey('');

/** Lets a call in, or not, before any message of it is read. */
export function rpcGate(app: FastifyInstance, log: Logger): (context: HandlerContext) => Promise<void> {
  return async ({ method, requestHeader, values }) => {
    const path = pathOf(method);
    const route = ROUTES.get(path);
    if (route === undefined) throw new Error(`no policy is known for ${path}`);
    try {
      const principal = await admitCaller(app, route.policy, {
        authorization: requestHeader.get('authorization') ?? undefined,
        resource: path,
        isChange: route.method !== 'GET',
        ip: values.get(REMOTE_ADDRESS),
        requestId: randomUUID(),
        log,
      });
      values.set(PRINCIPAL, principal);
    } catch (error) {
      throw rpcErrorFrom(error, log);
    }
  };
}

function pathOf({ parent, name }: HandlerContext['method']): string {
  return `/${parent.typeName}/${name}`;
}
