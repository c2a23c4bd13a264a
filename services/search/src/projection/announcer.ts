import { DocumentIndexed, PublishingTriggered } from '@peermesh/contracts/events';
import type { Database, Transaction } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import { READ_IN_ORDER } from '../adapters/pg/read-in-order.ts';
import type { ChangeRow } from '../domain/records/document-row.ts';
import {
  readToldDocuments,
  readToldEntities,
  SUMMARY_CHARACTERS,
  type ToldDocument,
  type ToldEntity,
  versionKey,
} from './announced-records.ts';

const BATCH = 500;

interface TracedChange extends ChangeRow {
  readonly traceparent: string | null;
}

interface Announced extends TracedChange {
  readonly row: ToldDocument | null;
  readonly entities: readonly ToldEntity[];
}

/**
 * Announces document versions that every active leg has applied: `search.document_indexed` and, unless deleted,
 * `publishing.triggered`. The cursor moves in the transaction of the outbox rows, so each version is announced once.
 * Returns whether more is waiting.
 */
export async function announce(
  db: Database<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  now: () => number,
): Promise<boolean> {
  const step = async (tx: Transaction<unknown>): Promise<boolean> => {
    const { rows: cursors } = await tx.client.query<{ cursor_seq: string; applied: string | null }>(
      `SELECT cursor_seq, (SELECT min(cursor_seq) FROM search.search_backend_generations WHERE state = 'active') AS applied
         FROM search.search_announcements FOR UPDATE`,
    );
    const from = Number(cursors[0]?.cursor_seq ?? 0);
    const applied = Number(cursors[0]?.applied ?? 0);
    if (applied <= from) return false;
    const { rows: changes } = await tx.client.query<TracedChange & { seq: string }>(
      `SELECT seq, tenant_id, kind, record_id, version, deleted, traceparent FROM search.search_changes
        WHERE seq > $1 AND seq <= $2 AND kind = 'document' ORDER BY seq LIMIT ${BATCH}`,
      [from, applied],
    );
    const announced = await withRecords(
      tx,
      changes.map((change) => ({ ...change, seq: Number(change.seq) })),
    );
    await publish(tx, bus, announced, new Date(now()).toISOString());
    const last = changes.length < BATCH ? applied : Number(changes.at(-1)?.seq);
    await tx.client.query('UPDATE search.search_announcements SET cursor_seq = $1', [last]);
    return changes.length === BATCH;
  };
  return db.system(step, { opening: READ_IN_ORDER });
}

/** Forgets lines of the change log that were announced long ago. */
export async function pruneChanges(db: Database<unknown>, keepHours: number): Promise<number> {
  return db.system(async (tx) => {
    const { rowCount } = await tx.client.query(
      `DELETE FROM search.search_changes WHERE created_at < now() - $1 * interval '1 hour'
          AND seq < (SELECT cursor_seq FROM search.search_announcements)
          AND seq < (SELECT min(cursor_seq) FROM search.search_backend_generations WHERE state <> 'retired')`,
      [keepHours],
    );
    return rowCount ?? 0;
  });
}

async function withRecords(tx: Transaction<unknown>, changes: readonly TracedChange[]): Promise<Announced[]> {
  if (changes.length === 0) return [];
  const documents = await readToldDocuments(tx, changes);
  const entities = await readToldEntities(tx, changes);
  return changes.map((change) => ({
    ...change,
    row: documents.get(versionKey(change)) ?? null,
    entities: entities.get(`${change.tenant_id}/${change.record_id}`) ?? [],
  }));
}

async function publish(
  tx: Transaction<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  announced: readonly Announced[],
  now: string,
): Promise<void> {
  if (announced.length === 0) return;
  await bus.publishMany(
    tx,
    DocumentIndexed,
    announced.map(({ row, ...change }) => ({
      tenantId: change.tenant_id,
      partitionKey: change.record_id,
      traceparent: change.traceparent,
      data: {
        documentId: change.record_id,
        version: change.version,
        contentId: row?.content_id ?? null,
        sequence: change.seq,
        deleted: change.deleted,
        ...(row === null || row.acl.length === 0 ? {} : { acl: [...row.acl] }),
      },
    })),
  );
  const triggers = announced.flatMap(({ row, entities, ...change }) =>
    row === null || change.deleted
      ? []
      : [
          {
            tenantId: change.tenant_id,
            partitionKey: change.record_id,
            traceparent: change.traceparent,
            data: triggerOf(row, entities, now),
          },
        ],
  );
  if (triggers.length > 0) await bus.publishMany(tx, PublishingTriggered, triggers);
}

function triggerOf(row: ToldDocument, entities: readonly ToldEntity[], now: string) {
  return {
    documentId: row.id,
    version: row.version,
    sourceId: row.source_id,
    title: row.title ?? '',
    summary: row.text.slice(0, SUMMARY_CHARACTERS).toWellFormed(),
    url: row.url,
    language: row.language,
    topics: [...row.topics],
    keyphrases: row.keyphrases.slice(0, 100),
    entities: entities.slice(0, 500),
    confidence: entities[0]?.confidence ?? 1,
    acl: [...row.acl],
    publishedAt: row.published_at === null ? null : new Date(row.published_at).toISOString(),
    indexedAt: now,
  };
}
