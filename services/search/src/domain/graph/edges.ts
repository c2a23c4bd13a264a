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

/** The edges that a record makes, each in both directions and no edge twice. */
export function edgesOf(op: VersionedOp): EdgeRow[] {
  if (op.op === 'delete' || op.record.kind === 'entity') return [];
  const { tenantId, id, record } = op;
  if (record.kind === 'relationship')
    return bothWays(tenantId, id, record.from, record.to, record.type, record.confidence, record.acl);
  const mentioned = new Map(record.mentions.map((mention) => [mention.entityId, mention.confidence]));
  return [...mentioned].flatMap(([entityId, confidence]) =>
    bothWays(tenantId, id, id, entityId, MENTIONS, confidence, record.attributes.acl),
  );
}

function bothWays(
  tenantId: string,
  recordId: string,
  from: string,
  to: string,
  type: string,
  weight: number,
  acl: readonly string[],
): EdgeRow[] {
  return [
    { tenantId, from, to, type, recordId, inverse: false, weight, acl },
    { tenantId, from: to, to: from, type, recordId, inverse: true, weight, acl },
  ];
}
