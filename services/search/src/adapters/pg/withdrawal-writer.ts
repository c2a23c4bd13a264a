import type { EventData } from '@peermesh/contracts';
import { ContentDeleted } from '@peermesh/contracts/events';
import type { Transaction } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import type { DocumentRow } from '../../domain/records/document-row.ts';
import { lockRecords } from './change-log.ts';
import { ChangeSet } from './change-set.ts';
import { buryDocuments } from './document-records.ts';
import { readRows } from './record-rows.ts';

/** Buries a document that was withdrawn at intake, also one that has not arrived yet. Newer versions are left alone. */
export async function storeWithdrawal(
  tx: Transaction<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  tenantId: string,
  data: EventData<typeof ContentDeleted>,
  now: string,
): Promise<void> {
  await lockRecords(tx, [tenantId]);
  const [held] = await readRows<DocumentRow>(tx, 'search_documents', [{ tenantId, id: data.documentId }]);
  if (held === undefined) {
    const changes = new ChangeSet();
    changes.document(tombstone(tenantId, data, now), null);
    await changes.write(tx, bus);
    return;
  }
  if ((held.upstream_version ?? 0) > data.version || held.deleted) return;
  await buryDocuments(tx, bus, [{ held, upstreamVersion: data.version }], now);
}

function tombstone(tenantId: string, data: EventData<typeof ContentDeleted>, now: string): Omit<DocumentRow, 'seq'> {
  return {
    tenant_id: tenantId,
    id: data.documentId,
    version: data.version,
    upstream_version: data.version,
    deleted: true,
    title: null,
    text: '',
    url: null,
    language: null,
    source_id: data.sourceId,
    content_id: data.contentId,
    media_type: 'text/plain',
    content_hash: '',
    authors: [],
    topics: [],
    keyphrases: [],
    acl: [],
    metadata: {},
    published_at: null,
    created_at: now,
    updated_at: now,
  };
}
