import type { VersionedOp } from '../../ports.ts';

/** One direction of an edge. */
export interface EdgeRow {
  readonly tenantId: string;
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly recordId: string;
  readonly inverse: boolean;
  readonly weight: number;
  readonly acl: readonly string[];
}

/** The type of the edge from a document to an entity that it mentions. */
export const MENTIONS = 'MENTIONS';

/** An entity that a document mentions. */
export interface MentionEdge {
  readonly entityId: string;
  readonly weight: number;
}

/** What a relationship says, with who may read it. */
export interface RelationshipEdge {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly weight: number;
  readonly acl: readonly string[];
}

/** What a document mentions, no entity twice; nothing for other records. */
export function mentionsOf(op: VersionedOp): MentionEdge[] {
  if (op.op === 'delete' || op.record.kind !== 'doc') return [];
  const weights = new Map(op.record.mentions.map(({ entityId, confidence }) => [entityId, confidence]));
  return [...weights].map(([entityId, weight]) => ({ entityId, weight }));
}

/** What a relationship is to the graph; null for other records. */
export function relationshipOf(op: VersionedOp): RelationshipEdge | null {
  if (op.op === 'delete' || op.record.kind !== 'relationship') return null;
  const { from, to, type, confidence, acl } = op.record;
  return { from, to, type, weight: confidence, acl };
}

/** The edges of a document, each in both directions; who may read it may follow them. */
export function edgesOfMentions(
  tenantId: string,
  documentId: string,
  mentions: readonly MentionEdge[],
  acl: readonly string[],
): EdgeRow[] {
  return mentions.flatMap(({ entityId, weight }) => {
    return bothWays(tenantId, documentId, { from: documentId, to: entityId, type: MENTIONS, weight, acl });
  });
}

/** The edge of a relationship in both directions. */
export function edgesOfRelationship(tenantId: string, id: string, relationship: RelationshipEdge): EdgeRow[] {
  return bothWays(tenantId, id, relationship);
}

/** The edges that a record makes, each in both directions and no edge twice. */
export function edgesOf(op: VersionedOp): EdgeRow[] {
  const relationship = relationshipOf(op);
  if (relationship !== null) return edgesOfRelationship(op.tenantId, op.id, relationship);
  if (op.op === 'delete' || op.record.kind !== 'doc') return [];
  return edgesOfMentions(op.tenantId, op.id, mentionsOf(op), op.record.attributes.acl);
}

function bothWays(tenantId: string, recordId: string, edge: RelationshipEdge): EdgeRow[] {
  const { from, to, type, weight, acl } = edge;
  return [
    { tenantId, from, to, type, recordId, inverse: false, weight, acl },
    { tenantId, from: to, to: from, type, recordId, inverse: true, weight, acl },
  ];
}
