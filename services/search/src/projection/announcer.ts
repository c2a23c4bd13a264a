import { DocumentIndexed, PublishingTriggered } from '@peermesh/contracts/events';
import type { Database, Transaction } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import { BY_ID, lookUp } from '../adapters/pg/look-up.ts';
import type { ChangeRow, DocumentRow } from '../domain/records/document-row.ts';

const BATCH = 500;
const SUMMARY_CHARACTERS = 1_000;
const VERSION = `${BY_ID} AND held.version = wanted.version`;

interface TracedChange extends ChangeRow {
  readonly traceparent: string | null;
}

interface Announced extends TracedChange {
  readonly row: DocumentRow | null;
  readonly entities: readonly { id: string; name: string; type: string; confidence: number }[];
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
  return db.system(async (tx) => {
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
  });
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

/**
 * Lateral reads, because the planner takes row-level security for a filter that leaves almost nothing, and would then go
 * through all entities for each document.
 */
async function withRecords(tx: Transaction<unknown>, changes: readonly TracedChange[]): Promise<Announced[]> {
  if (changes.length === 0) return [];
  const keys = [
    changes.map((change) => change.tenant_id),
    changes.map((change) => change.record_id),
    changes.map((change) => change.version),
  ];
  const { rows } = await tx.client.query<{ tenant_id: string; id: string; version: number; row: DocumentRow }>(
    `SELECT held.tenant_id, held.id, held.version, to_jsonb(held) || jsonb_build_object('text', left(held.text, ${SUMMARY_CHARACTERS})) AS row
       FROM unnest($1::text[], $2::text[], $3::int[]) AS wanted (tenant_id, id, version)
      ${lookUp('search_documents', VERSION)}
     UNION ALL
     SELECT held.tenant_id, held.id, held.version,
            held.record || jsonb_build_object('text', left(held.record ->> 'text', ${SUMMARY_CHARACTERS}))
       FROM unnest($1::text[], $2::text[], $3::int[]) AS wanted (tenant_id, id, version)
      ${lookUp('search_document_versions', VERSION)}`,
    keys,
  );
  const { rows: mentions } = await tx.client.query<{
    tenant_id: string;
    document_id: string;
    entities: Announced['entities'];
  }>(
    `SELECT wanted.tenant_id, wanted.document_id, found.entities
       FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, document_id)) wanted
      CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object('id', entity.id, 'name', entity.name, 'type', entity.type, 'confidence', mention.confidence)
                 ORDER BY mention.confidence DESC) AS entities
          FROM search.search_mentions mention
         CROSS JOIN LATERAL (
           SELECT id, name, type FROM search.search_entities held
            WHERE held.tenant_id = mention.tenant_id AND held.id = mention.entity_id AND NOT held.deleted LIMIT 1) entity
         WHERE mention.tenant_id = wanted.tenant_id AND mention.document_id = wanted.document_id) found
      WHERE found.entities IS NOT NULL`,
    keys.slice(0, 2),
  );
  const records = new Map(rows.map((row) => [`${row.tenant_id}/${row.id}/${row.version}`, row.row]));
  const entities = new Map(mentions.map((row) => [`${row.tenant_id}/${row.document_id}`, row.entities]));
  return changes.map((change) => ({
    ...change,
    row: records.get(`${change.tenant_id}/${change.record_id}/${change.version}`) ?? null,
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

function triggerOf(row: DocumentRow, entities: Announced['entities'], now: string) {
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
