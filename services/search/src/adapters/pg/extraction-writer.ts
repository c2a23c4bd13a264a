import type { ContentDocument, Extraction } from '@peermesh/contracts/events';
import type { Transaction } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import { derivedRelationshipId } from '../../domain/records/derived-ids.ts';
import type { DocumentRow, RelationshipRow } from '../../domain/records/document-row.ts';
import { lockRecords } from './change-log.ts';
import { ChangeSet } from './change-set.ts';
import { resolveEntities } from './entity-resolver.ts';
import { lookUp } from './look-up.ts';
import { addMentions, type MentionRow, narrowEntities, removeMentions } from './mention-rows.ts';
import { readRows } from './record-rows.ts';

/** One document with what was found in it. */
export interface ExtractedDocument {
  readonly tenantId: string;
  readonly document: ContentDocument;
  readonly extraction: Extraction;
}

/**
 * Stores a batch of extracted documents in one transaction: documents (newer versions win), entities, mentions,
 * relationships, embeddings, history, change log. Returns how many documents were news.
 */
export async function storeExtractions(
  tx: Transaction<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  batch: readonly ExtractedDocument[],
  now: string,
): Promise<number> {
  await lockRecords(
    tx,
    batch.map(({ tenantId }) => tenantId),
  );
  const newest = newestOf(batch);
  const held = new Map(
    (
      await readRows<DocumentRow>(
        tx,
        'search_documents',
        newest.map(({ tenantId, document }) => ({ tenantId, id: document.documentId })),
      )
    ).map((row) => [`${row.tenant_id}/${row.id}`, row]),
  );
  const news = newest.filter(({ tenantId, document }) => {
    const before = held.get(`${tenantId}/${document.documentId}`);
    return before === undefined || before.upstream_version === null || before.upstream_version < document.version;
  });
  if (news.length === 0) return 0;
  const changes = new ChangeSet();
  const replaced = news.filter(({ tenantId, document }) => held.has(`${tenantId}/${document.documentId}`));
  const replacedKeys = replaced.map(({ tenantId, document }) => ({ tenantId, id: document.documentId }));
  const left = await removeMentions(tx, replacedKeys);
  const mentions = await resolveMentions(tx, changes, news, now);
  await addMentions(tx, mentions.flat());
  await replaceRelationships(tx, changes, news, mentions, replacedKeys, now);
  for (const item of news) {
    const before = held.get(`${item.tenantId}/${item.document.documentId}`) ?? null;
    changes.document(rowOf(item, before, now), before);
  }
  await storeEmbeddings(tx, news);
  await changes.write(tx, bus);
  await narrowEntities(tx, bus, left, now);
  return news.length;
}

function newestOf(batch: readonly ExtractedDocument[]): ExtractedDocument[] {
  const newest = new Map<string, ExtractedDocument>();
  for (const item of batch) {
    const key = `${item.tenantId}/${item.document.documentId}`;
    const rival = newest.get(key);
    if (rival === undefined || item.document.version > rival.document.version) newest.set(key, item);
  }
  return [...newest.values()];
}

/** The mentions of each document, in the order of its extracted entities. */
async function resolveMentions(
  tx: Transaction<unknown>,
  changes: ChangeSet,
  news: readonly ExtractedDocument[],
  now: string,
): Promise<MentionRow[][]> {
  const wanted = news.flatMap(({ tenantId, document, extraction }) =>
    extraction.entities.map((extracted) => ({ tenantId, acl: document.acl, extracted })),
  );
  const ids = await resolveEntities(tx, changes, wanted, now);
  let at = 0;
  return news.map(({ tenantId, document, extraction }) =>
    extraction.entities.map((entity) => ({
      tenantId,
      documentId: document.documentId,
      entityId: ids[at++] as string,
      confidence: entity.confidence,
      count: Math.max(1, entity.mentions.length),
    })),
  );
}

async function replaceRelationships(
  tx: Transaction<unknown>,
  changes: ChangeSet,
  news: readonly ExtractedDocument[],
  mentions: readonly (readonly MentionRow[])[],
  replaced: readonly { readonly tenantId: string; readonly id: string }[],
  now: string,
): Promise<void> {
  const before = new Map((await relationshipsOf(tx, replaced)).map((row) => [`${row.tenant_id}/${row.id}`, row]));
  const wanted = new Map<string, Omit<RelationshipRow, 'seq'>>();
  news.forEach(({ tenantId, document, extraction }, i) => {
    for (const found of extraction.relationships) {
      const from = mentions[i]?.[found.from]?.entityId;
      const to = mentions[i]?.[found.to]?.entityId;
      if (from === undefined || to === undefined || from === to) continue;
      const id = derivedRelationshipId(tenantId, document.documentId, from, to, found.type);
      const old = before.get(`${tenantId}/${id}`);
      wanted.set(`${tenantId}/${id}`, {
        tenant_id: tenantId,
        id,
        version: (old?.version ?? 0) + 1,
        deleted: false,
        from_id: from,
        to_id: to,
        type: found.type,
        confidence: found.confidence,
        evidence: found.evidence ?? null,
        document_id: document.documentId,
        acl: document.acl,
        created_at: old?.created_at ?? now,
        updated_at: now,
      });
    }
  });
  for (const row of wanted.values()) changes.relationship(row);
  for (const [key, { seq: _seq, ...row }] of before) {
    if (!wanted.has(key) && !row.deleted)
      changes.relationship({ ...row, deleted: true, version: row.version + 1, updated_at: now });
  }
}

/** The relationships that were found in some documents, deleted ones included. */
export async function relationshipsOf(
  tx: Transaction<unknown>,
  documents: readonly { readonly tenantId: string; readonly id: string }[],
): Promise<RelationshipRow[]> {
  if (documents.length === 0) return [];
  const { rows } = await tx.client.query<{ row: RelationshipRow }>(
    `SELECT row_to_json(held) AS row FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, document_id)
      ${lookUp('search_relationships', 'held.tenant_id = wanted.tenant_id AND held.document_id = wanted.document_id')}`,
    [documents.map((key) => key.tenantId), documents.map((key) => key.id)],
  );
  return rows.map(({ row }) => row);
}

function rowOf(
  { tenantId, document, extraction }: ExtractedDocument,
  before: DocumentRow | null,
  now: string,
): Omit<DocumentRow, 'seq'> {
  return {
    tenant_id: tenantId,
    id: document.documentId,
    version: Math.max(document.version, (before?.version ?? 0) + 1),
    upstream_version: document.version,
    deleted: false,
    title: document.title ?? extraction.title,
    text: document.text,
    url: document.url,
    language: document.language ?? extraction.language,
    source_id: document.sourceId,
    content_id: document.contentId,
    media_type: document.mediaType,
    content_hash: document.contentHash,
    authors: document.authors,
    topics: document.topics,
    keyphrases: extraction.keyphrases.map(({ text }) => text),
    acl: document.acl,
    metadata: document.metadata,
    published_at: document.publishedAt,
    created_at: before?.created_at ?? now,
    updated_at: now,
  };
}

async function storeEmbeddings(tx: Transaction<unknown>, news: readonly ExtractedDocument[]): Promise<void> {
  const rows = news.flatMap(({ tenantId, document, extraction }) =>
    extraction.embedding === null ? [] : [{ tenantId, document, embedding: extraction.embedding }],
  );
  if (rows.length === 0) return;
  await tx.client.query(
    `INSERT INTO search.search_embeddings (tenant_id, document_id, space, version, vector)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bytea[])
     ON CONFLICT (tenant_id, document_id, space) DO UPDATE SET version = excluded.version, vector = excluded.vector`,
    [
      rows.map((row) => row.tenantId),
      rows.map((row) => row.document.documentId),
      rows.map((row) => row.embedding.space),
      rows.map((row) => row.document.version),
      rows.map((row) => Buffer.from(Float32Array.from(row.embedding.vector).buffer)),
    ],
  );
}
