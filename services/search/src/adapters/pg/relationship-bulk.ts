import { newId } from '@peermesh/contracts';
import type { CreateRelationship } from '@peermesh/contracts/search';
import type { Transaction } from '@peermesh/database';
import { commonErrors, searchErrors } from '@peermesh/errors';
import type { Bus } from '@peermesh/messaging';
import type { Viewer } from '../../ports.ts';
import { lockRecords } from './change-log.ts';
import { ChangeSet } from './change-set.ts';
import { lookUp } from './look-up.ts';
import { freshRelationship, ID_TAKEN } from './relationship-records.ts';
import { visibleNodes } from './visible-nodes.ts';
import type { ItemOutcome } from './write-outcome.ts';

/** Stores relationships in few statements, as if one after the other. An item that is refused does not stop the others. */
export async function putRelationships(
  tx: Transaction<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  viewer: Viewer,
  items: readonly CreateRelationship[],
  now: string,
): Promise<ItemOutcome[]> {
  await lockRecords(tx, [viewer.tenantId]);
  const { rows } = await tx.client.query<{ id: string }>(
    `SELECT held.id FROM unnest($2::text[]) AS wanted (id)
      ${lookUp('search_relationships', 'held.tenant_id = $1 AND held.id = wanted.id')}`,
    [viewer.tenantId, items.flatMap(({ id }) => id ?? [])],
  );
  const taken = new Set(rows.map(({ id }) => id));
  const visible = await visibleNodes(
    tx,
    viewer,
    items.flatMap(({ from, to }) => [from, to]),
  );
  const changes = new ChangeSet();
  const outcomes = items.map((body): ItemOutcome => {
    const id = body.id ?? newId('relationship');
    if (taken.has(id)) return { refused: commonErrors.conflict({ detail: ID_TAKEN }) };
    const unknown = [body.from, body.to].find((node) => !visible.has(node));
    if (unknown !== undefined) return { refused: searchErrors.nodeUnknown({ detail: `${unknown} is not known.` }) };
    const row = freshRelationship(viewer.tenantId, id, body, now);
    changes.relationship(row);
    taken.add(id);
    return { status: 'created', id, version: row.version };
  });
  await changes.write(tx, bus);
  return outcomes;
}
