export { Extracted, ExtractionFailed, ExtractionRequested } from './ai.ts';
export { DecisionLogged, SessionRevoked, UserChanged } from './auth.ts';
export { ContentDeleted, ContentRejected, ContentSubmitted, SourceStateChanged } from './content.ts';
export { Acl, ContentDocument, ExtractedEntity, ExtractedRelationship, Extraction } from './document.ts';
export { RoutesChanged } from './gateway.ts';
export {
  AdvertisedMeshLink,
  LinkStateChanged,
  LinkStateVersion,
  MeshAdministered,
  MeshHealth,
  MeshId,
  MeshNodeId,
  MeshStatusChanged,
  NodeEvicted,
  NodeFailed,
  NodeFlags,
  NodeJoined,
  NodeLeft,
  PeerHealthChanged,
  ShortId,
  TopologyChanged,
} from './mesh.ts';
export {
  EndpointStateChanged,
  PublishingDelivered,
  PublishingEngaged,
  PublishingFailed,
  PublishingTriggered,
  RealtimeNotified,
} from './publishing.ts';
export { RoutesComputed } from './router.ts';
export { DocumentIndexed, EntityChanged } from './search.ts';
