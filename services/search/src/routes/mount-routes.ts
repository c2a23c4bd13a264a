import type { Leg } from '@peermesh/contracts/search';
import type { FastifyInstance } from 'fastify';
import { FaultyBackend } from '../adapters/faulty-backend.ts';
import { PgGraphBackend } from '../adapters/pg/pg-graph-backend.ts';
import { PgTimeBackend } from '../adapters/pg/pg-time-backend.ts';
import type { SearchBackend } from '../ports.ts';
import { mountDocuments } from './v1/documents.ts';
import { mountEntities } from './v1/entities.ts';
import { mountNeighbors } from './v1/neighbors.ts';
import { mountOperations } from './v1/operations.ts';
import { mountRelationships } from './v1/relationships.ts';
import type { RouteDeps } from './v1/route-deps.ts';
import { mountSearch } from './v1/search.ts';
import { mountTrends } from './v1/trends.ts';

/** Mounts every route of the service. */
export function mountRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const active = (kind: Leg): SearchBackend | undefined => {
    const backend = deps.registry.active.get(kind)?.backend;
    return backend instanceof FaultyBackend ? backend.inner : backend;
  };
  mountSearch(app, deps);
  mountDocuments(app, deps);
  mountEntities(app, deps);
  mountNeighbors(app, deps, () => {
    const graph = active('graph');
    return graph instanceof PgGraphBackend ? graph : null;
  });
  mountRelationships(app, deps);
  mountTrends(app, deps, () => {
    const time = active('time');
    return time instanceof PgTimeBackend ? time : null;
  });
  mountOperations(app, deps);
}
