import type { DocumentRecord } from '@peermesh/contracts/search';
import type { Transaction } from '@peermesh/database';
import { nameKeyOf } from '../../domain/records/derived-ids.ts';
import type { DocumentRow, EntityRow, RelationshipRow } from '../../domain/records/document-row.ts';
import type { Viewer } from '../../ports.ts';

/** A part of a list. */
export interface ListWindow {
  readonly limit: number;
  readonly offset: number;
}

/** Rows of a list with the number of all. */
export interface Listed<Row> {
  readonly rows: Row[];
  readonly total: number;
}

async function list<Row>(
  tx: Transaction<unknown>,
  table: string,
  shown: string,
  where: string,
  order: string,
  values: readonly unknown[],
  { limit, offset }: ListWindow,
): Promise<Listed<Row>> {
  const { rows: counted } = await tx.client.query<{ total: string }>(
    `SELECT count(*) AS total FROM search.${table} held WHERE ${where}`,
    [...values],
  );
  const { rows } = await tx.client.query<{ row: Row }>(
    `SELECT ${shown} AS row FROM search.${table} held WHERE ${where} ORDER BY ${order} LIMIT ${limit} OFFSET ${offset}`,
    [...values],
  );
  return { rows: rows.map(({ row }) => row), total: Number(counted[0]?.total ?? 0) };
}

const VISIBLE = 'tenant_id = $1 AND NOT deleted AND acl && $2::text[]';

/** Documents that the viewer may read, last changed first, without their texts. */
export function listDocuments(
  tx: Transaction<unknown>,
  viewer: Viewer,
  filter: { readonly sourceId?: string; readonly topic?: string },
  window: ListWindow,
): Promise<Listed<Omit<DocumentRow, 'text'>>> {
  return list(
    tx,
    'search_documents',
    `to_jsonb(held) - 'text' - 'metadata'`,
    `${VISIBLE} AND ($3::text IS NULL OR source_id = $3) AND ($4::text IS NULL OR $4 = ANY(topics))`,
    'seq DESC',
    [viewer.tenantId, viewer.principals, filter.sourceId ?? null, filter.topic ?? null],
    window,
  );
}

/** Entities that the viewer may read, by name. */
export function listEntities(
  tx: Transaction<unknown>,
  viewer: Viewer,
  filter: { readonly name?: string; readonly type?: string },
  window: ListWindow,
): Promise<Listed<EntityRow>> {
  return list(
    tx,
    'search_entities',
    'to_jsonb(held)',
    `${VISIBLE} AND ($3::text IS NULL OR type = $3) AND ($4::text IS NULL OR EXISTS (SELECT FROM search.search_entity_names name
       WHERE name.tenant_id = $1 AND name.entity_id = held.id AND name.name_key = $4))`,
    'name_key, id',
    [
      viewer.tenantId,
      viewer.principals,
      filter.type ?? null,
      filter.name === undefined ? null : nameKeyOf(filter.name),
    ],
    window,
  );
}

/** Relationships that the viewer may read, last changed first. */
export function listRelationships(
  tx: Transaction<unknown>,
  viewer: Viewer,
  filter: { readonly node?: string; readonly type?: string },
  window: ListWindow,
): Promise<Listed<RelationshipRow>> {
  return list(
    tx,
    'search_relationships',
    'to_jsonb(held)',
    `${VISIBLE} AND ($3::text IS NULL OR type = $3) AND ($4::text IS NULL OR from_id = $4 OR to_id = $4)`,
    'seq DESC',
    [viewer.tenantId, viewer.principals, filter.type ?? null, filter.node ?? null],
    window,
  );
}

/** The versions of a document that are known, newest first; each only to those who could read it then. */
export async function listVersions(
  tx: Transaction<unknown>,
  viewer: Viewer,
  id: string,
  { limit, offset }: ListWindow,
): Promise<
  Listed<{
    version: number;
    title: string | null;
    text: string;
    topics: string[];
    acl: string[];
    deleted: boolean;
    recordedAt: string;
  }>
> {
  const all = `
    SELECT version, title, text, topics, acl, deleted, updated_at AS recorded_at FROM search.search_documents
     WHERE tenant_id = $1 AND id = $2 AND acl && $3::text[]
    UNION ALL
    SELECT version, record ->> 'title', record ->> 'text', ARRAY(SELECT jsonb_array_elements_text(record -> 'topics')),
           ARRAY(SELECT jsonb_array_elements_text(record -> 'acl')), deleted, recorded_at FROM search.search_document_versions
     WHERE tenant_id = $1 AND id = $2 AND record -> 'acl' ?| $3::text[]`;
  const values = [viewer.tenantId, id, viewer.principals];
  const { rows: counted } = await tx.client.query<{ total: string }>(
    `SELECT count(*) AS total FROM (${all}) versions`,
    values,
  );
  const { rows } = await tx.client.query<{
    version: number;
    title: string | null;
    text: string;
    topics: string[];
    acl: string[];
    deleted: boolean;
    recorded_at: Date;
  }>(`SELECT * FROM (${all}) versions ORDER BY version DESC LIMIT ${limit} OFFSET ${offset}`, values);
  return {
    rows: rows.map(({ recorded_at: recordedAt, ...row }) => ({ ...row, recordedAt: recordedAt.toISOString() })),
    total: Number(counted[0]?.total ?? 0),
  };
}

/** The entities that a document mentions, as far as the viewer may know of them. */
export async function entitiesOf(
  tx: Transaction<unknown>,
  viewer: Viewer,
  documentId: string,
): Promise<DocumentRecord['entities']> {
  const { rows } = await tx.client.query<DocumentRecord['entities'][number]>(
    `SELECT entity.id, entity.name, entity.type, mention.confidence FROM search.search_mentions mention
       JOIN search.search_entities entity ON entity.tenant_id = $1 AND entity.id = mention.entity_id AND NOT entity.deleted
        AND entity.acl && $3::text[]
      WHERE mention.tenant_id = $1 AND mention.document_id = $2 ORDER BY mention.confidence DESC, entity.id`,
    [viewer.tenantId, documentId, viewer.principals],
  );
  return rows;
}

/** How many documents that the viewer may read mention each entity. */
export async function documentCounts(
  tx: Transaction<unknown>,
  viewer: Viewer,
  entityIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await tx.client.query<{ entity_id: string; documents: string }>(
    `SELECT mention.entity_id, count(*) AS documents FROM search.search_mentions mention
       JOIN search.search_documents document ON document.tenant_id = $1 AND document.id = mention.document_id
        AND NOT document.deleted AND document.acl && $3::text[]
      WHERE mention.tenant_id = $1 AND mention.entity_id = ANY($2) GROUP BY 1`,
    [viewer.tenantId, entityIds, viewer.principals],
  );
  return new Map(rows.map((row) => [row.entity_id, Number(row.documents)]));
}
