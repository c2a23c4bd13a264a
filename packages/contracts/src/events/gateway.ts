import { Type } from 'typebox';
import { defineEvent } from '../define-event.ts';

/** A new route table is active; replicas load the snapshot that it names. */
export const RoutesChanged = defineEvent({
  type: 'peermesh.gateway.routes_changed.v1',
  subject: 'gateway.routes_changed',
  stream: 'GATEWAY',
  description: 'A new snapshot of the route table was activated.',
  data: Type.Object({
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    revision: Type.Integer({ minimum: 1 }),
  }),
});
