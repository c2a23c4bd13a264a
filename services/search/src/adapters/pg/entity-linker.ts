import type { Database } from '@peermesh/database';
import type { NamedEntity } from '../../domain/keyword/name-book.ts';
import type { EntityRow } from '../../domain/records/document-row.ts';
import type { LegContext } from '../../ports.ts';
import { entityAttributes } from '../../projection/change-reader.ts';
import { cancellable } from './cancellable-query.ts';

/** Most entities that one query is linked to. */
export const LINKED_MAX = 20;

/** Finds entities that the viewer may read by the names in a query. */
export async function linkEntities(
  db: Database<unknown>,
  names: readonly string[],
  context: LegContext,
): Promise<NamedEntity[]> {
  if (names.length === 0) return [];
  return cancellable(db, context, async (tx) => {
    const { rows } = await tx.client.query<{ name_key: string; is_alias: boolean; row: EntityRow }>(
      `SELECT name.name_key, name.is_alias, to_jsonb(entity) AS row FROM search.search_entity_names name
         JOIN search.search_entities entity ON entity.tenant_id = $1 AND entity.id = name.entity_id
          AND NOT entity.deleted AND entity.acl && $3::text[]
        WHERE name.tenant_id = $1 AND name.name_key = ANY($2)
        ORDER BY length(name.name_key) DESC, name.is_alias, entity.confidence DESC, entity.id LIMIT ${LINKED_MAX}`,
      [context.viewer.tenantId, names, context.viewer.principals],
    );
    return rows.map((row) => ({
      id: row.row.id,
      nameKey: row.name_key,
      isAlias: row.is_alias,
      attributes: entityAttributes(row.row),
    }));
  });
}

/** Reads one record by its exact id, when the viewer may read it. */
export async function findExact(
  db: Database<unknown>,
  id: string,
  context: LegContext,
): Promise<{ id: string; kind: 'doc' | 'entity'; row: unknown } | null> {
  const isDocument = id.startsWith('doc_');
  return cancellable(db, context, async (tx) => {
    const { rows } = await tx.client.query<{ row: unknown }>(
      `SELECT to_jsonb(held) - 'text' AS row FROM search.${isDocument ? 'search_documents' : 'search_entities'} held
        WHERE tenant_id = $1 AND id = $2 AND NOT deleted AND acl && $3::text[]`,
      [context.viewer.tenantId, id, context.viewer.principals],
    );
    const row = rows[0]?.row;
    return row === undefined ? null : { id, kind: isDocument ? 'doc' : 'entity', row };
  });
}
