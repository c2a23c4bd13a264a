import type { Database } from '@peermesh/database';
import type { LegContext } from '../../ports.ts';
import { cancellable } from './cancellable-query.ts';

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

/** Reads what is shown of some hits from the records themselves. What was deleted meanwhile is absent. */
export async function hydrate(
  db: Database<unknown>,
  ids: readonly string[],
  asOf: string | undefined,
  context: LegContext,
): Promise<Map<string, HydratedRecord>> {
  if (ids.length === 0) return new Map();
  const documents = ids.filter((id) => id.startsWith('doc_'));
  const entities = ids.filter((id) => id.startsWith('ent_'));
  return cancellable(db, context, async (tx) => {
    const found = new Map<string, HydratedRecord>();
    if (documents.length > 0) {
      const { rows } = await tx.client.query<HydratedRow>(asOf === undefined ? CURRENT_DOCUMENTS : DOCUMENTS_AS_OF, [
        context.viewer.tenantId,
        documents,
        ...(asOf === undefined ? [] : [asOf]),
      ]);
      for (const row of rows) found.set(row.id, recordOf(row, 'doc'));
    }
    if (entities.length > 0) {
      const { rows } = await tx.client.query<HydratedRow>(
        `SELECT id, version, name AS title, coalesce(description, array_to_string(aliases, ', ')) AS text, NULL AS url,
                NULL::timestamptz AS published_at, acl
           FROM search.search_entities WHERE tenant_id = $1 AND id = ANY($2) AND NOT deleted`,
        [context.viewer.tenantId, entities],
      );
      for (const row of rows) found.set(row.id, recordOf(row, 'entity'));
    }
    return found;
  });
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

const CURRENT_DOCUMENTS = `SELECT id, version, title, left(text, ${TEXT_CHARACTERS}) AS text, url, published_at, acl
  FROM search.search_documents WHERE tenant_id = $1 AND id = ANY($2) AND NOT deleted`;

/** The version that was current at an instant; who may read it is decided by the list of today. */
const DOCUMENTS_AS_OF = `SELECT now.id, coalesce(past.version, now.version) AS version,
    coalesce(past.record ->> 'title', now.title) AS title,
    left(coalesce(past.record ->> 'text', now.text), ${TEXT_CHARACTERS}) AS text, now.url, now.published_at, now.acl
  FROM search.search_documents now
  LEFT JOIN LATERAL (
    SELECT version, record FROM search.search_document_versions old
     WHERE old.tenant_id = now.tenant_id AND old.id = now.id AND old.recorded_at <= $3::timestamptz AND now.updated_at > $3::timestamptz
     ORDER BY version DESC LIMIT 1) past ON true
  WHERE now.tenant_id = $1 AND now.id = ANY($2) AND NOT now.deleted`;

function recordOf(row: HydratedRow, type: 'doc' | 'entity'): HydratedRecord {
  return {
    id: row.id,
    type,
    version: row.version,
    title: row.title ?? '',
    text: row.text,
    url: row.url,
    publishedAt: row.published_at?.toISOString() ?? null,
    acl: row.acl,
  };
}
