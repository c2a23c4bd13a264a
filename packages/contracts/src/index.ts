export {
  type CallInput,
  type CallOptions,
  type CallResult,
  type Client,
  type ClientOptions,
  createClient,
} from './client/create-client.ts';
export {
  type CloudEvent,
  dataSchemaOf,
  defineEvent,
  type EventData,
  type EventDefinition,
  type EventEnvelope,
  type StreamName,
} from './define-event.ts';
export {
  defineRoute,
  type HttpMethod,
  OPERATING_TENANT,
  type ResponseSchemas,
  ROLES,
  type Role,
  type RouteDefinition,
  type RouteExample,
  type RouteInput,
  type RoutePolicy,
  type RouteResult,
} from './define-route.ts';
export { ID_PREFIXES, type IdKind, IdSchema, newEventId, newId } from './ids.ts';
export { Page, PageQuery } from './pagination.ts';
export { compileEvent, type EventCheck } from './schema/compile-event.ts';
export { mediaTypeOf } from './schema/media-type.ts';
export { Timestamp } from './timestamps.ts';
