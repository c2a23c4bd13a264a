import type { Transaction } from '@peermesh/database';
import type { Viewer } from '../../ports.ts';
import { lookUp } from './look-up.ts';
import { mayRead } from './record-rules.ts';

/** Those of some documents and entities that exist and that the viewer may read. */
export async function visibleNodes(
  tx: Transaction<unknown>,
  viewer: Viewer,
  ids: readonly string[],
): Promise<Set<string>> {
  const distinct = [...new Set(ids)];
  const byId = 'held.tenant_id = $1 AND held.id = wanted.id';
  const { rows } = await tx.client.query<{ id: string; acl: string[] }>(
    `SELECT held.id, held.acl FROM unnest($2::text[]) AS wanted (id) ${lookUp('search_documents', byId)} WHERE NOT held.deleted
     UNION ALL
     SELECT held.id, held.acl FROM unnest($3::text[]) AS wanted (id) ${lookUp('search_entities', byId)} WHERE NOT held.deleted`,
    [viewer.tenantId, distinct.filter((id) => id.startsWith('doc_')), distinct.filter((id) => !id.startsWith('doc_'))],
  );
  return new Set(rows.filter(({ acl }) => mayRead(viewer, acl)).map(({ id }) => id));
}
