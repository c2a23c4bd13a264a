import { Type } from 'typebox';
import { defineEvent } from '../define-event.ts';
import { MeshId, ShortId } from './mesh.ts';

/** Paths of a mesh were computed from a newer topology, or by other policies. */
export const RoutesComputed = defineEvent({
  type: 'peermesh.router.routes_computed.v1',
  subject: 'router.routes_computed',
  stream: 'ROUTER',
  description:
    'The path computation element has the paths of a newer topology, or by changed policies of the same one. A node fetches its own with `GET /api/v1/router/meshes/:meshId/nodes/:shortId/routes`.',
  data: Type.Object({
    meshId: MeshId,
    revision: Type.Integer({
      minimum: 1,
      description: 'Of the link-state database; grows with every change of it, and stays when policies change.',
    }),
    changed: Type.Array(ShortId, {
      maxItems: 1000,
      description: 'Nodes whose paths were computed ahead of a request.',
    }),
    nodes: Type.Integer({ minimum: 0 }),
    links: Type.Integer({ minimum: 0 }),
    durationMs: Type.Number({ minimum: 0 }),
  }),
});
