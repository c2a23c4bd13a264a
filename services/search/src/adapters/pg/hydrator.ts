import type { Database } from '@peermesh/database';
import type { LegContext } from '../../ports.ts';
import { literal, literals, readInOneTrip } from './one-trip.ts';

/** What is shown of a hit. */
export interface HydratedRecord {
  readonly id: string;
  readonly type: 'doc' | 'entity';
  readonly version: number;
  readonly title: string;
  readonly text: string;
  readonly url: string | null;
  readonly publishedAt: string | null;
  readonly acl: readonly string[];
}

const TEXT_CHARACTERS = 6_000;

/**
 * Reads what is shown of some hits from the records themselves. What was deleted meanwhile is absent. With `asOf` it is
 * the version that was current then; who may read it is decided by the list of today.
 */
export async function hydrate(
  db: Database<unknown>,
  ids: readonly string[],
  asOf: string | undefined,
  context: LegContext,
): Promise<Map<string, HydratedRecord>> {
  if (ids.length === 0) return new Map();
  const documents = ids.filter((id) => id.startsWith('doc_'));
  const entities = ids.filter((id) => id.startsWith('ent_'));
  const parts: string[] = [];
  if (documents.length > 0) parts.push(documentsOf(context.viewer.tenantId, documents, asOf));
  if (entities.length > 0) parts.push(entitiesOf(context.viewer.tenantId, entities));
  if (parts.length === 0) return new Map();
  const rows = await readInOneTrip<HydratedRow>(db, context, parts.join(' UNION ALL '));
  return new Map(rows.map((row) => [row.id, recordOf(row)]));
}

interface HydratedRow {
  readonly id: string;
  readonly version: number;
  readonly title: string | null;
  readonly text: string;
  readonly url: string | null;
  readonly published_at: Date | null;
  readonly acl: string[];
}

function documentsOf(tenantId: string, ids: readonly string[], asOf: string | undefined): string {
  const where = `now.tenant_id = ${literal(tenantId)} AND now.id = ANY(${literals(ids)}) AND NOT now.deleted`;
  if (asOf === undefined) {
    return `SELECT now.id, now.version, now.title, left(now.text, ${TEXT_CHARACTERS}) AS text, now.url, now.published_at, now.acl
      FROM search.search_documents now WHERE ${where}`;
  }
  const instant = `${literal(asOf)}::timestamptz`;
  return `SELECT now.id, coalesce(past.version, now.version) AS version, coalesce(past.record ->> 'title', now.title) AS title,
      left(coalesce(past.record ->> 'text', now.text), ${TEXT_CHARACTERS}) AS text, now.url, now.published_at, now.acl
    FROM search.search_documents now
    LEFT JOIN LATERAL (
      SELECT version, record FROM search.search_document_versions old
       WHERE old.tenant_id = now.tenant_id AND old.id = now.id AND old.recorded_at <= ${instant} AND now.updated_at > ${instant}
       ORDER BY version DESC LIMIT 1) past ON true
    WHERE ${where}`;
}

function entitiesOf(tenantId: string, ids: readonly string[]): string {
  return `SELECT id, version, name AS title, coalesce(description, array_to_string(aliases, ', ')) AS text, NULL AS url,
      NULL::timestamptz AS published_at, acl
    FROM search.search_entities WHERE tenant_id = ${literal(tenantId)} AND id = ANY(${literals(ids)}) AND NOT deleted`;
}

function recordOf(row: HydratedRow): HydratedRecord {
  return {
    id: row.id,
    type: row.id.startsWith('ent_') ? 'entity' : 'doc',
    version: row.version,
    title: row.title ?? '',
    text: row.text,
    url: row.url,
    publishedAt: row.published_at?.toISOString() ?? null,
    acl: row.acl,
  };
}
