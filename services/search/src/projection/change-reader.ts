import type { Database, Transaction } from '@peermesh/database';
import { headOf } from '../adapters/pg/change-log.ts';
import { lookUp } from '../adapters/pg/look-up.ts';
import { READ_IN_ORDER } from '../adapters/pg/read-in-order.ts';
import { normalizeName } from '../domain/analysis/analyzer.ts';
import type { DocumentRow, EntityRow, RelationshipRow } from '../domain/records/document-row.ts';
import type { RecordAttributes, SpaceVector, VersionedOp } from '../ports.ts';

/** Operations up to a place in the change log; complete, nothing below it is missing. */
export interface ChangeBatch {
  readonly ops: readonly VersionedOp[];
  readonly upTo: number;
  readonly head: number;
}

const DOCUMENT = 'held.tenant_id = wanted.tenant_id AND held.document_id = wanted.document_id';

type Read<Row> = Row & { readonly mentions?: readonly { entityId: string; confidence: number }[] };

/**
 * Reads what changed after `from`: the present state of each record whose last change lies there. Records are read by
 * their own sequence, so a new generation is filled the same way as an old one is kept fresh.
 */
export async function readChanges(
  db: Database<unknown>,
  from: number,
  limit: number,
  space: string | null,
): Promise<ChangeBatch> {
  return db.system(
    async (tx) => {
      const head = await headOf(tx.client);
      if (head <= from) return { ops: [], upTo: from, head };
      const documents = await readDocuments(tx, from, limit);
      const entities = await readTable<EntityRow>(tx, 'search_entities', from, limit);
      const relationships = await readTable<RelationshipRow>(tx, 'search_relationships', from, limit);
      const upTo = Math.min(head, ...[documents, entities, relationships].map((rows) => lastOf(rows, limit)));
      const within = <Row extends { seq: number }>(rows: readonly Row[]): Row[] =>
        rows.filter((row) => row.seq <= upTo);
      const vectors = space === null ? new Map<string, SpaceVector>() : await readVectors(tx, within(documents), space);
      const ops = [
        ...within(documents).map((row) => documentOp(row, vectors.get(`${row.tenant_id}/${row.id}`) ?? null)),
        ...within(entities).map(entityOp),
        ...within(relationships).map(relationshipOp),
      ].sort((a, b) => a.seq - b.seq);
      return { ops, upTo, head };
    },
    { isolation: 'repeatable read', readOnly: true, opening: READ_IN_ORDER },
  );
}

function lastOf(rows: readonly { readonly seq: number }[], limit: number): number {
  return rows.length < limit ? Number.MAX_SAFE_INTEGER : (rows.at(-1)?.seq ?? Number.MAX_SAFE_INTEGER);
}

async function readTable<Row>(tx: Transaction<unknown>, table: string, from: number, limit: number): Promise<Row[]> {
  const { rows } = await tx.client.query<{ row: Row }>(
    `SELECT row_to_json(held) AS row FROM search.${table} held WHERE seq > $1 ORDER BY seq LIMIT $2`,
    [from, limit],
  );
  return rows.map(({ row }) => row);
}

async function readDocuments(tx: Transaction<unknown>, from: number, limit: number): Promise<Read<DocumentRow>[]> {
  const rows = await readTable<DocumentRow>(tx, 'search_documents', from, limit);
  const { rows: mentions } = await tx.client.query<{
    tenant_id: string;
    document_id: string;
    mentions: { entityId: string; confidence: number }[];
  }>(
    `SELECT held.tenant_id, held.document_id,
            json_agg(json_build_object('entityId', held.entity_id, 'confidence', held.confidence)) AS mentions
       FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, document_id)
      ${lookUp('search_mentions', DOCUMENT)} GROUP BY 1, 2`,
    [rows.map((row) => row.tenant_id), rows.map((row) => row.id)],
  );
  const known = new Map(mentions.map((row) => [`${row.tenant_id}/${row.document_id}`, row.mentions]));
  return rows.map((row) => ({ ...row, mentions: known.get(`${row.tenant_id}/${row.id}`) ?? [] }));
}

async function readVectors(
  tx: Transaction<unknown>,
  rows: readonly DocumentRow[],
  space: string,
): Promise<Map<string, SpaceVector>> {
  const { rows: found } = await tx.client.query<{ tenant_id: string; document_id: string; vector: Buffer }>(
    `SELECT held.tenant_id, held.document_id, held.vector
       FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, document_id)
      ${lookUp('search_embeddings', `${DOCUMENT} AND held.space = $3`)}`,
    [rows.map((row) => row.tenant_id), rows.map((row) => row.id), space],
  );
  return new Map(
    found.map((row) => {
      const bytes = new Uint8Array(row.vector);
      return [
        `${row.tenant_id}/${row.document_id}`,
        { space, vector: new Float32Array(bytes.buffer, 0, bytes.length / 4) },
      ];
    }),
  );
}

function documentOp(row: Read<DocumentRow>, embedding: SpaceVector | null): VersionedOp {
  const { tenant_id: tenantId, id, version, seq } = row;
  if (row.deleted) return { op: 'delete', tenantId, id, version, seq, kind: 'doc' };
  return {
    op: 'upsert',
    tenantId,
    id,
    version,
    seq,
    record: {
      kind: 'doc',
      title: row.title ?? '',
      text: row.text,
      attributes: documentAttributes(row),
      mentions: row.mentions ?? [],
      embedding,
    },
  };
}

function entityOp(row: EntityRow): VersionedOp {
  const { tenant_id: tenantId, id, version, seq } = row;
  if (row.deleted) return { op: 'delete', tenantId, id, version, seq, kind: 'entity' };
  return {
    op: 'upsert',
    tenantId,
    id,
    version,
    seq,
    record: {
      kind: 'entity',
      name: row.name,
      aliases: row.aliases,
      description: row.description ?? '',
      attributes: entityAttributes(row),
    },
  };
}

function relationshipOp(row: RelationshipRow): VersionedOp {
  const { tenant_id: tenantId, id, version, seq } = row;
  if (row.deleted) return { op: 'delete', tenantId, id, version, seq, kind: 'relationship' };
  const { from_id: from, to_id: to, type, confidence, acl } = row;
  return {
    op: 'upsert',
    tenantId,
    id,
    version,
    seq,
    record: { kind: 'relationship', from, to, type, confidence, acl },
  };
}

/** What legs keep of a document. */
export function documentAttributes(row: DocumentRow): RecordAttributes {
  return {
    kind: 'doc',
    acl: row.acl,
    source: row.source_id,
    language: row.language,
    topics: row.topics,
    mediaType: row.media_type,
    authors: row.authors,
    entityType: null,
    fingerprint: row.content_hash === '' ? null : row.content_hash.slice(0, 16),
    nameKey: nameKeyIn(row.title ?? ''),
    publishedAt: row.published_at === null ? null : Date.parse(row.published_at),
    updatedAt: Date.parse(row.updated_at),
    createdAt: Date.parse(row.created_at),
  };
}

/** What legs keep of an entity. */
export function entityAttributes(row: EntityRow): RecordAttributes {
  return {
    kind: 'entity',
    acl: row.acl,
    source: null,
    language: null,
    topics: [],
    mediaType: null,
    authors: [],
    entityType: row.type,
    fingerprint: null,
    nameKey: nameKeyIn(row.name),
    ...(row.aliases.length === 0 ? {} : { aliasKeys: row.aliases.flatMap((alias) => nameKeyIn(alias) ?? []) }),
    publishedAt: null,
    updatedAt: Date.parse(row.updated_at),
    createdAt: Date.parse(row.created_at),
  };
}

const NAME_CHARACTERS_MAX = 200;

function nameKeyIn(name: string): string | null {
  if (name.length > NAME_CHARACTERS_MAX) return null;
  return normalizeName(name) || null;
}
