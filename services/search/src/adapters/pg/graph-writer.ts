import type { Transaction } from '@peermesh/database';
import { mentionsOf, type RelationshipEdge, relationshipOf } from '../../domain/graph/edges.ts';
import { type HeldVersion, keyOf, kindOf } from '../../domain/versioned-ops.ts';
import type { VersionedOp } from '../../ports.ts';
import { arrayText, plainArrayText } from './array-text.ts';
import { attributesColumn, attributesOf, headColumns, sequenceColumn } from './op-columns.ts';

const NO_EDGE: RelationshipEdge = { from: '', to: '', type: '', weight: 0, acl: [] };

/** Writes documents and entities as nodes. */
export async function writeNodes(
  tx: Transaction<unknown>,
  generation: number,
  ops: readonly VersionedOp[],
): Promise<void> {
  if (ops.length === 0) return;
  await tx.client.query(
    `INSERT INTO search.search_graph_nodes (generation, tenant_id, id, version, deleted, seq, name, attributes, acl)
     SELECT $1::int, tenant_id, id, version, deleted, seq, name, attributes, acl::text[]
       FROM unnest($2::text[], $3::text[], $4::int[], $5::bool[], $6::bigint[], $7::text[], $8::json[], $9::text[])
         AS node (tenant_id, id, version, deleted, seq, name, attributes, acl)
     ON CONFLICT (generation, tenant_id, id) DO UPDATE SET version = excluded.version, deleted = excluded.deleted,
       seq = excluded.seq, name = excluded.name, attributes = excluded.attributes, acl = excluded.acl`,
    [
      generation,
      ...headColumns(ops),
      sequenceColumn(ops),
      arrayText(ops.map(nameOf)),
      attributesColumn(ops),
      arrayText(ops.map((op) => arrayText(attributesOf(op)?.acl ?? []))),
    ],
  );
}

/** Writes relationships, each an edge that is found from both of its ends. */
export async function writeRelationships(
  tx: Transaction<unknown>,
  generation: number,
  ops: readonly VersionedOp[],
): Promise<void> {
  if (ops.length === 0) return;
  const edges = ops.map((op) => relationshipOf(op) ?? NO_EDGE);
  await tx.client.query(
    `INSERT INTO search.search_graph_relationships
       (generation, tenant_id, id, version, deleted, seq, from_id, to_id, type, weight, acl)
     SELECT $1::int, tenant_id, id, version, deleted, seq, from_id, to_id, type, weight, acl::text[]
       FROM unnest($2::text[], $3::text[], $4::int[], $5::bool[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::real[], $11::text[])
         AS edge (tenant_id, id, version, deleted, seq, from_id, to_id, type, weight, acl)
     ON CONFLICT (generation, tenant_id, id) DO UPDATE SET version = excluded.version, deleted = excluded.deleted,
       seq = excluded.seq, from_id = excluded.from_id, to_id = excluded.to_id, type = excluded.type,
       weight = excluded.weight, acl = excluded.acl`,
    [
      generation,
      ...headColumns(ops),
      sequenceColumn(ops),
      arrayText(edges.map(({ from }) => from)),
      arrayText(edges.map(({ to }) => to)),
      arrayText(edges.map(({ type }) => type)),
      plainArrayText(edges.map(({ weight }) => weight)),
      arrayText(edges.map(({ acl }) => arrayText(acl))),
    ],
  );
}

/** Replaces what documents mention. */
export async function writeMentions(
  tx: Transaction<unknown>,
  generation: number,
  ops: readonly VersionedOp[],
  held: ReadonlyMap<string, HeldVersion>,
): Promise<void> {
  const documents = ops.filter((op) => kindOf(op) === 'doc');
  const changed = documents.filter((op) => held.has(keyOf(op.tenantId, op.id)));
  if (changed.length > 0) {
    await tx.client.query(
      `DELETE FROM search.search_graph_mentions WHERE ctid = ANY(ARRAY(
         SELECT held.ctid FROM unnest($2::text[], $3::text[]) AS wanted (tenant_id, id)
          CROSS JOIN LATERAL (
            SELECT ctid FROM search.search_graph_mentions mention
             WHERE mention.generation = $1 AND mention.tenant_id = wanted.tenant_id AND mention.document_id = wanted.id
             OFFSET 0) held))`,
      [generation, arrayText(changed.map((op) => op.tenantId)), arrayText(changed.map((op) => op.id))],
    );
  }
  const mentions = documents.flatMap((op) => mentionsOf(op).map((mention) => ({ ...mention, op })));
  if (mentions.length === 0) return;
  await tx.client.query(
    `INSERT INTO search.search_graph_mentions (generation, tenant_id, document_id, entity_id, weight)
     SELECT $1::int, * FROM unnest($2::text[], $3::text[], $4::text[], $5::real[])`,
    [
      generation,
      arrayText(mentions.map(({ op }) => op.tenantId)),
      arrayText(mentions.map(({ op }) => op.id)),
      arrayText(mentions.map(({ entityId }) => entityId)),
      plainArrayText(mentions.map(({ weight }) => weight)),
    ],
  );
}

function nameOf(op: VersionedOp): string {
  if (op.op === 'delete' || op.record.kind === 'relationship') return '';
  return op.record.kind === 'doc' ? op.record.title : op.record.name;
}
