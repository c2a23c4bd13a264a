import type { Transaction } from '@peermesh/database';
import { BY_ID, lookUp } from '../adapters/pg/look-up.ts';
import type { ChangeRow, DocumentRow } from '../domain/records/document-row.ts';

/** What is told of a text. */
export const SUMMARY_CHARACTERS = 1_000;

/** A document as it is told of: of its text only the beginning. */
export type ToldDocument = Pick<
  DocumentRow,
  | 'id'
  | 'version'
  | 'content_id'
  | 'source_id'
  | 'title'
  | 'text'
  | 'url'
  | 'language'
  | 'topics'
  | 'keyphrases'
  | 'acl'
  | 'published_at'
>;

/** An entity that a document mentions. */
export interface ToldEntity {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly confidence: number;
}

const VERSION = `${BY_ID} AND held.version = wanted.version`;
const COLUMNS = ['id', 'version', 'content_id', 'source_id', 'title', 'url', 'language', 'topics', 'keyphrases', 'acl'];
const TOLD = [...COLUMNS, 'published_at'].map((column) => `held.${column}`).join(', ');

/** The versions that some lines of the change log name, by {@link versionKey}; also those that were replaced since. */
export async function readToldDocuments(
  tx: Transaction<unknown>,
  changes: readonly ChangeRow[],
): Promise<Map<string, ToldDocument>> {
  const present = await readVersions(
    tx,
    changes,
    `SELECT held.tenant_id, row_to_json(told) AS row FROM unnest($1::text[], $2::text[], $3::int[]) AS wanted (tenant_id, id, version)
      ${lookUp('search_documents', VERSION)}
      CROSS JOIN LATERAL (SELECT ${TOLD}, left(held.text, ${SUMMARY_CHARACTERS}) AS text) told`,
  );
  const replaced = changes.filter((change) => !present.has(versionKey(change)));
  if (replaced.length === 0) return present;
  const former = await readVersions(
    tx,
    replaced,
    `SELECT held.tenant_id, held.record || jsonb_build_object('text', left(held.record ->> 'text', ${SUMMARY_CHARACTERS})) AS row
       FROM unnest($1::text[], $2::text[], $3::int[]) AS wanted (tenant_id, id, version)
      ${lookUp('search_document_versions', VERSION)}`,
  );
  return new Map([...present, ...former]);
}

/** Names one version of a document. */
export function versionKey({
  tenant_id: tenantId,
  record_id: id,
  version,
}: Pick<ChangeRow, 'tenant_id' | 'record_id' | 'version'>): string {
  return `${tenantId}/${id}/${version}`;
}

async function readVersions(
  tx: Transaction<unknown>,
  changes: readonly ChangeRow[],
  statement: string,
): Promise<Map<string, ToldDocument>> {
  const { rows } = await tx.client.query<{ tenant_id: string; row: ToldDocument }>(statement, [
    changes.map((change) => change.tenant_id),
    changes.map((change) => change.record_id),
    changes.map((change) => change.version),
  ]);
  return new Map(
    rows.map(({ tenant_id, row }) => [versionKey({ tenant_id, record_id: row.id, version: row.version }), row]),
  );
}

/** The entities that some documents mention, by `tenant/document`, the surest first. */
export async function readToldEntities(
  tx: Transaction<unknown>,
  changes: readonly ChangeRow[],
): Promise<Map<string, ToldEntity[]>> {
  const documents = new Map(changes.map((change) => [`${change.tenant_id}/${change.record_id}`, change]));
  const { rows: mentions } = await tx.client.query<{
    tenant_id: string;
    document_id: string;
    entity_id: string;
    confidence: number;
  }>(
    `SELECT held.tenant_id, held.document_id, held.entity_id, held.confidence
       FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, document_id)
      ${lookUp('search_mentions', 'held.tenant_id = wanted.tenant_id AND held.document_id = wanted.document_id')}`,
    [
      [...documents.values()].map((change) => change.tenant_id),
      [...documents.values()].map((change) => change.record_id),
    ],
  );
  const wanted = new Map(mentions.map((mention) => [`${mention.tenant_id}/${mention.entity_id}`, mention]));
  const { rows: entities } = await tx.client.query<{ tenant_id: string; id: string; name: string; type: string }>(
    `SELECT held.tenant_id, held.id, held.name, held.type FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, id)
      ${lookUp('search_entities', BY_ID)} WHERE NOT held.deleted`,
    [
      [...wanted.values()].map((mention) => mention.tenant_id),
      [...wanted.values()].map((mention) => mention.entity_id),
    ],
  );
  const known = new Map(entities.map((entity) => [`${entity.tenant_id}/${entity.id}`, entity]));
  const told = new Map<string, ToldEntity[]>();
  for (const { tenant_id: tenantId, document_id: documentId, entity_id: entityId, confidence } of mentions) {
    const entity = known.get(`${tenantId}/${entityId}`);
    if (entity === undefined) continue;
    const list = told.get(`${tenantId}/${documentId}`) ?? [];
    list.push({ id: entity.id, name: entity.name, type: entity.type, confidence });
    told.set(`${tenantId}/${documentId}`, list);
  }
  for (const list of told.values()) list.sort((a, b) => b.confidence - a.confidence);
  return told;
}
