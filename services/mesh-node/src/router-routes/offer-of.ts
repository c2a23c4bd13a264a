import type { NodeRoutes } from '@peermesh/contracts/router';
import type { MeshRouteOffer } from '@peermesh/overlay';

/** An answer of the router in the terms of the core. An answer without a key is for nobody. */
export function offerOf(answer: NodeRoutes, validForMs: number): MeshRouteOffer {
  return {
    meshId: answer.meshId,
    nodeId: answer.nodeId ?? '',
    source: answer.source,
    tag: answer.tag,
    validForMs,
    basis: answer.basis.map(
      ({ origin, version }) => [origin, { epoch: version.epoch, seq: version.sequence }] as const,
    ),
    routes: answer.routes.map(({ destination, paths }) => ({
      destination,
      paths: paths.map(({ segments, share }) => ({ segments, share })),
    })),
  };
}
