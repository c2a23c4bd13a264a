import * as documents from './documents.ts';
import * as entities from './entities.ts';
import * as operations from './operations.ts';
import * as relationships from './relationships.ts';
import { search } from './search.ts';
import { getTrends } from './trends.ts';

export { Condition, FILTER_FIELDS, Filter, type FilterField } from './filter-schema.ts';
export {
  LEG_REASONS,
  LEG_STATUSES,
  LEGS,
  Leg,
  type LegReason,
  LegReport,
  LegReports,
  type LegStatus,
  SearchHit,
  SearchRequest,
  SearchResponse,
} from './query-schemas.ts';
export {
  BulkItemResult,
  BulkResult,
  CreateDocument,
  CreateEntity,
  CreateRelationship,
  DocumentRecord,
  DocumentSummary,
  DocumentVersion,
  EntityRecord,
  NodeId,
  RelationshipRecord,
  UpdateDocument,
  UpdateEntity,
  UpdateRelationship,
} from './record-schemas.ts';

/** Every route of the search service. */
export const searchRoutes = {
  search,
  getTrends,
  ...documents,
  ...entities,
  ...relationships,
  ...operations,
} as const;
