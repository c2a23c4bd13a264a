import type { Transaction } from '@peermesh/database';

/** Titles and texts of documents, and names of entities: what phrases are looked for in. */
export async function readTexts(
  tx: Transaction<unknown>,
  tenantId: string,
  ids: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const { rows } = await tx.client.query<{ id: string; title: string; text: string }>(
    `SELECT id, coalesce(title, '') AS title, text FROM search.search_documents WHERE tenant_id = $1 AND id = ANY($2) AND NOT deleted
     UNION ALL
     SELECT id, name, array_to_string(aliases, ' . ') || ' . ' || coalesce(description, '') FROM search.search_entities
      WHERE tenant_id = $1 AND id = ANY($2) AND NOT deleted`,
    [tenantId, ids],
  );
  return new Map(rows.map((row) => [row.id, [row.title, row.text]]));
}
