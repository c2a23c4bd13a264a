import type { EventDefinition } from './define-event.ts';
import type { RouteDefinition } from './define-route.ts';
import {
  ContentDeleted,
  ContentRejected,
  ContentSubmitted,
  DecisionLogged,
  DocumentIndexed,
  EndpointStateChanged,
  EntityChanged,
  Extracted,
  ExtractionFailed,
  ExtractionRequested,
  LinkStateChanged,
  MeshAdministered,
  MeshStatusChanged,
  NodeEvicted,
  NodeFailed,
  NodeJoined,
  NodeLeft,
  PeerHealthChanged,
  PublishingDelivered,
  PublishingEngaged,
  PublishingFailed,
  PublishingTriggered,
  RealtimeNotified,
  RoutesChanged,
  RoutesComputed,
  SessionRevoked,
  SourceStateChanged,
  TopologyChanged,
  UserChanged,
} from './events/index.ts';
import { authRoutes } from './http/auth/index.ts';
import { deadLetterRoutes } from './http/dead-letters/index.ts';
import { gatewayRoutes } from './http/gateway/index.ts';
import { ingestRoutes } from './http/ingest/index.ts';
import { meshRoutes } from './http/mesh/index.ts';
import { publisherRoutes } from './http/publisher/index.ts';
import { routerRoutes } from './http/router/index.ts';
import { searchRoutes } from './http/search/index.ts';

/** Every route of every service, for whoever treats them all alike: documents, tests, the gateway. */
export const routeCatalogue = {
  auth: { ...authRoutes, ...deadLetterRoutes('auth') },
  gateway: gatewayRoutes,
  ingest: { ...ingestRoutes, ...deadLetterRoutes('ingest') },
  mesh: meshRoutes,
  publisher: { ...publisherRoutes, ...deadLetterRoutes('publisher') },
  router: { ...routerRoutes, ...deadLetterRoutes('router') },
  search: { ...searchRoutes, ...deadLetterRoutes('search') },
} as const satisfies Readonly<Record<string, Readonly<Record<string, RouteDefinition>>>>;

/** Every event, in the order of its type. */
export const eventCatalogue: readonly EventDefinition[] = [
  ExtractionFailed,
  ExtractionRequested,
  Extracted,
  DecisionLogged,
  SessionRevoked,
  UserChanged,
  ContentDeleted,
  ContentRejected,
  SourceStateChanged,
  ContentSubmitted,
  RoutesChanged,
  LinkStateChanged,
  MeshAdministered,
  NodeEvicted,
  NodeFailed,
  NodeJoined,
  NodeLeft,
  PeerHealthChanged,
  MeshStatusChanged,
  TopologyChanged,
  EndpointStateChanged,
  PublishingDelivered,
  PublishingEngaged,
  PublishingFailed,
  RealtimeNotified,
  PublishingTriggered,
  RoutesComputed,
  DocumentIndexed,
  EntityChanged,
].sort((a, b) => a.type.localeCompare(b.type));
