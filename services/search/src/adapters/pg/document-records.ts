import { newId } from '@peermesh/contracts';
import type { CreateDocument, UpdateDocument } from '@peermesh/contracts/search';
import type { Transaction } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import type { Bus } from '@peermesh/messaging';
import { contentHashOf } from '../../domain/records/derived-ids.ts';
import type { DocumentRow } from '../../domain/records/document-row.ts';
import { sameAcl } from '../../domain/records/merge-acl.ts';
import type { Viewer } from '../../ports.ts';
import { lockRecords } from './change-log.ts';
import { ChangeSet } from './change-set.ts';
import { relationshipsOf } from './extraction-writer.ts';
import { narrowEntities, removeMentions } from './mention-rows.ts';
import { readRows } from './record-rows.ts';
import { checkVersion, mayRead } from './record-rules.ts';

type Sink = Pick<Bus, 'publishMany'>;

/** Stores a new document. 409 when the id is taken, also by a tombstone. */
export async function createDocument(
  tx: Transaction<unknown>,
  bus: Sink,
  viewer: Viewer,
  body: CreateDocument,
  now: string,
): Promise<DocumentRow> {
  await lockRecords(tx, [viewer.tenantId]);
  const id = body.id ?? newId('document');
  const [held] = await readRows<DocumentRow>(tx, 'search_documents', [{ tenantId: viewer.tenantId, id }]);
  if (held !== undefined) throw commonErrors.conflict({ detail: 'A document with this id exists or existed.' });
  const row = newRow(viewer.tenantId, id, body, 1, now, now);
  return writeOne(tx, bus, row, null);
}

/** Changes a document that the viewer may read. */
export async function updateDocument(
  tx: Transaction<unknown>,
  bus: Sink,
  viewer: Viewer,
  id: string,
  body: UpdateDocument,
  now: string,
): Promise<DocumentRow> {
  await lockRecords(tx, [viewer.tenantId]);
  const held = await visibleDocument(tx, viewer, id);
  checkVersion(held, body.version);
  const text = body.text ?? held.text;
  const title = body.title === undefined ? held.title : body.title;
  const row: Omit<DocumentRow, 'seq'> = {
    ...held,
    version: held.version + 1,
    title,
    text,
    url: body.url === undefined ? held.url : body.url,
    language: body.language === undefined ? held.language : body.language,
    source_id: body.sourceId === undefined ? held.source_id : body.sourceId,
    media_type: body.mediaType ?? held.media_type,
    authors: body.authors ?? held.authors,
    topics: body.topics ?? held.topics,
    acl: body.acl ?? held.acl,
    metadata: body.metadata ?? held.metadata,
    published_at: body.publishedAt === undefined ? held.published_at : body.publishedAt,
    content_hash: contentHashOf(title, text),
    updated_at: now,
  };
  if (row.content_hash !== held.content_hash) await dropEmbeddings(tx, viewer.tenantId, [id]);
  const written = await writeOne(tx, bus, row, held);
  if (!sameAcl(row.acl, held.acl)) await followAcl(tx, bus, row, now);
  return written;
}

/** Deletes a document and what was found in it; a tombstone stays. */
export async function deleteDocument(
  tx: Transaction<unknown>,
  bus: Sink,
  viewer: Viewer,
  id: string,
  version: number | undefined,
  now: string,
): Promise<number> {
  await lockRecords(tx, [viewer.tenantId]);
  const held = await visibleDocument(tx, viewer, id);
  if (version !== undefined) checkVersion(held, version);
  await buryDocuments(tx, bus, [{ held, upstreamVersion: held.upstream_version }], now);
  return held.version + 1;
}

/** Turns documents into tombstones, with their mentions and relationships. The records of the tenant must be locked. */
export async function buryDocuments(
  tx: Transaction<unknown>,
  bus: Sink,
  documents: readonly { readonly held: DocumentRow; readonly upstreamVersion: number | null }[],
  now: string,
): Promise<void> {
  const changes = new ChangeSet();
  const keys = documents.map(({ held }) => ({ tenantId: held.tenant_id, id: held.id }));
  const left = await removeMentions(tx, keys);
  for (const { seq: _seq, ...row } of await relationshipsOf(tx, keys)) {
    if (!row.deleted) changes.relationship({ ...row, deleted: true, version: row.version + 1, updated_at: now });
  }
  for (const { held, upstreamVersion } of documents) {
    changes.document(
      { ...held, version: held.version + 1, upstream_version: upstreamVersion, deleted: true, updated_at: now },
      held,
    );
  }
  for (const [tenantId, same] of Map.groupBy(keys, (key) => key.tenantId)) {
    await dropEmbeddings(
      tx,
      tenantId,
      same.map(({ id }) => id),
    );
  }
  await changes.write(tx, bus);
  await narrowEntities(tx, bus, left, now);
}

/** A document that the viewer may read, or the same 404 as for one that does not exist. */
export async function visibleDocument(tx: Transaction<unknown>, viewer: Viewer, id: string): Promise<DocumentRow> {
  const [row] = await readRows<DocumentRow>(tx, 'search_documents', [{ tenantId: viewer.tenantId, id }]);
  if (row === undefined || row.deleted || !mayRead(viewer, row.acl)) throw commonErrors.notFound();
  return row;
}

async function writeOne(
  tx: Transaction<unknown>,
  bus: Sink,
  row: Omit<DocumentRow, 'seq'>,
  held: DocumentRow | null,
): Promise<DocumentRow> {
  const changes = new ChangeSet();
  changes.document(row, held);
  return { ...row, seq: await changes.write(tx, bus) };
}

/** What was found in a document is visible to those who may read the document. */
export async function followAcl(
  tx: Transaction<unknown>,
  bus: Sink,
  document: Omit<DocumentRow, 'seq'>,
  now: string,
): Promise<void> {
  const changes = new ChangeSet();
  for (const { seq: _seq, ...row } of await relationshipsOf(tx, [{ tenantId: document.tenant_id, id: document.id }])) {
    if (!row.deleted) changes.relationship({ ...row, acl: document.acl, version: row.version + 1, updated_at: now });
  }
  await changes.write(tx, bus);
  const { rows } = await tx.client.query<{ entity_id: string }>(
    'SELECT entity_id FROM search.search_mentions WHERE tenant_id = $1 AND document_id = $2',
    [document.tenant_id, document.id],
  );
  await narrowEntities(
    tx,
    bus,
    rows.map((row) => ({ tenantId: document.tenant_id, id: row.entity_id })),
    now,
  );
}

/** Forgets vectors that were made of a text that is no more. */
export async function dropEmbeddings(
  tx: Transaction<unknown>,
  tenantId: string,
  ids: readonly string[],
): Promise<void> {
  await tx.client.query('DELETE FROM search.search_embeddings WHERE tenant_id = $1 AND document_id = ANY($2)', [
    tenantId,
    ids,
  ]);
}

/** A document as a caller gave it. */
export function newRow(
  tenantId: string,
  id: string,
  body: CreateDocument,
  version: number,
  createdAt: string,
  now: string,
): Omit<DocumentRow, 'seq'> {
  return {
    tenant_id: tenantId,
    id,
    version,
    upstream_version: null,
    deleted: false,
    title: body.title ?? null,
    text: body.text,
    url: body.url ?? null,
    language: body.language ?? null,
    source_id: body.sourceId ?? null,
    content_id: null,
    media_type: body.mediaType ?? 'text/plain',
    content_hash: contentHashOf(body.title ?? null, body.text),
    authors: body.authors ?? [],
    topics: body.topics ?? [],
    keyphrases: [],
    acl: body.acl ?? ['tenant'],
    metadata: body.metadata ?? {},
    published_at: body.publishedAt ?? null,
    created_at: createdAt,
    updated_at: now,
  };
}
