import type { Transaction } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import type { EntityRow } from '../../domain/records/document-row.ts';
import { mergeAcl, sameAcl } from '../../domain/records/merge-acl.ts';
import { storedConfidence } from '../../domain/records/stored-confidence.ts';
import { arrayText, plainArrayText } from './array-text.ts';
import { ChangeSet } from './change-set.ts';
import { lookUp } from './look-up.ts';
import { readRows } from './record-rows.ts';

/** That a document mentions an entity. */
export interface MentionRow {
  readonly tenantId: string;
  readonly documentId: string;
  readonly entityId: string;
  readonly confidence: number;
  readonly count: number;
}

/** Names one document. */
export interface DocumentKey {
  readonly tenantId: string;
  readonly id: string;
}

/** Takes back the mentions of some documents; returns which entities they were of. */
export async function removeMentions(
  tx: Transaction<unknown>,
  documents: readonly DocumentKey[],
): Promise<DocumentKey[]> {
  if (documents.length === 0) return [];
  const { rows } = await tx.client.query<{ tenant_id: string; entity_id: string }>(
    `DELETE FROM search.search_mentions WHERE ctid = ANY(ARRAY(
       SELECT held.ctid FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, document_id)
        CROSS JOIN LATERAL (
          SELECT ctid FROM search.search_mentions mention
           WHERE mention.tenant_id = wanted.tenant_id AND mention.document_id = wanted.document_id OFFSET 0) held))
      RETURNING tenant_id, entity_id`,
    [documents.map((key) => key.tenantId), documents.map((key) => key.id)],
  );
  return rows.map((row) => ({ tenantId: row.tenant_id, id: row.entity_id }));
}

/** Writes mentions; of two of the same pair the more confident stays. */
export async function addMentions(tx: Transaction<unknown>, mentions: readonly MentionRow[]): Promise<void> {
  const best = new Map<string, MentionRow>();
  for (const mention of mentions) {
    const key = `${mention.tenantId}/${mention.documentId}/${mention.entityId}`;
    const rival = best.get(key);
    if (rival === undefined || mention.confidence > rival.confidence) best.set(key, mention);
  }
  const rows = [...best.values()];
  if (rows.length === 0) return;
  await tx.client.query(
    `INSERT INTO search.search_mentions (tenant_id, document_id, entity_id, confidence, count)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::real[], $5::int[])
     ON CONFLICT (tenant_id, document_id, entity_id) DO UPDATE SET confidence = excluded.confidence, count = excluded.count`,
    [
      arrayText(rows.map((row) => row.tenantId)),
      arrayText(rows.map((row) => row.documentId)),
      arrayText(rows.map((row) => row.entityId)),
      plainArrayText(rows.map((row) => storedConfidence(row.confidence))),
      plainArrayText(rows.map((row) => row.count)),
    ],
  );
}

/**
 * Narrows derived access lists after documents went away or changed theirs: an entity is visible to those who may read
 * one of the documents that mention it. Call it after documents and mentions are written.
 */
export async function narrowEntities(
  tx: Transaction<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  entities: readonly DocumentKey[],
  now: string,
): Promise<void> {
  const unique = [...new Map(entities.map((key) => [`${key.tenantId}/${key.id}`, key])).values()];
  const rows = (await readRows<EntityRow>(tx, 'search_entities', unique)).filter(
    (row) => row.acl_derived && !row.deleted,
  );
  if (rows.length === 0) return;
  const { rows: lists } = await tx.client.query<{ tenant_id: string; entity_id: string; acl: string[] }>(
    `SELECT wanted.tenant_id, wanted.entity_id, array_agg(DISTINCT principal) AS acl
       FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, entity_id)
      ${lookUp('search_mentions', 'held.tenant_id = wanted.tenant_id AND held.entity_id = wanted.entity_id')}
      CROSS JOIN LATERAL (
        SELECT document.acl FROM search.search_documents document
         WHERE document.tenant_id = wanted.tenant_id AND document.id = held.document_id AND NOT document.deleted LIMIT 1) document
      CROSS JOIN LATERAL unnest(document.acl) AS principal
      GROUP BY 1, 2`,
    [rows.map((row) => row.tenant_id), rows.map((row) => row.id)],
  );
  const changes = new ChangeSet();
  const derived = new Map(lists.map((row) => [`${row.tenant_id}/${row.entity_id}`, row.acl]));
  for (const { seq: _seq, ...row } of rows) {
    const acl = mergeAcl(derived.get(`${row.tenant_id}/${row.id}`) ?? [], []);
    if (!sameAcl(acl, row.acl))
      changes.entity({ row: { ...row, acl, version: row.version + 1, updated_at: now }, change: 'silent' });
  }
  await changes.write(tx, bus);
}
