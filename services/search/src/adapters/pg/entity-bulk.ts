import { newId } from '@peermesh/contracts';
import type { CreateEntity } from '@peermesh/contracts/search';
import type { Transaction } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import type { Bus } from '@peermesh/messaging';
import { cleanText } from '../../domain/records/clean-text.ts';
import { nameKeyOf } from '../../domain/records/derived-ids.ts';
import type { EntityRow } from '../../domain/records/document-row.ts';
import type { Viewer } from '../../ports.ts';
import { lockRecords } from './change-log.ts';
import { ChangeSet } from './change-set.ts';
import { freshEntity, ID_TAKEN, NAME_TAKEN } from './entity-records.ts';
import { lookUp } from './look-up.ts';
import { mayRead } from './record-rules.ts';
import type { ItemOutcome } from './write-outcome.ts';

interface Namesake {
  readonly id: string;
  readonly version: number;
  readonly acl: readonly string[];
}

/**
 * Stores entities in few statements, as if one after the other: an item whose name and type are there, also by an earlier
 * item, changes nothing. An item that is refused does not stop the others.
 */
export async function putEntities(
  tx: Transaction<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  viewer: Viewer,
  items: readonly CreateEntity[],
  now: string,
): Promise<ItemOutcome[]> {
  await lockRecords(tx, [viewer.tenantId]);
  const named = items.map((body) => ({ body, key: keyOf(nameKeyOf(cleanText(body.name).trim()), body.type) }));
  const namesakes = await readNamesakes(tx, viewer.tenantId, items);
  const taken = await readTaken(
    tx,
    viewer.tenantId,
    items.flatMap(({ id }) => id ?? []),
  );
  const changes = new ChangeSet();
  const outcomes = named.map(({ body, key }): ItemOutcome => {
    const held = namesakes.get(key);
    if (held !== undefined) {
      if (!mayRead(viewer, held.acl)) return { refused: commonErrors.conflict({ detail: NAME_TAKEN }) };
      return { status: 'unchanged', id: held.id, version: held.version };
    }
    const id = body.id ?? newId('entity');
    if (taken.has(id)) return { refused: commonErrors.conflict({ detail: ID_TAKEN }) };
    const row = freshEntity(viewer.tenantId, id, body, now);
    changes.entity({ row, change: 'created' });
    namesakes.set(key, row);
    taken.add(id);
    return { status: 'created', id, version: row.version };
  });
  await changes.write(tx, bus);
  return outcomes;
}

function keyOf(nameKey: string, type: string): string {
  return `${type}\n${nameKey}`;
}

async function readNamesakes(
  tx: Transaction<unknown>,
  tenantId: string,
  items: readonly CreateEntity[],
): Promise<Map<string, Namesake>> {
  const { rows } = await tx.client.query<Namesake & Pick<EntityRow, 'name_key' | 'type'>>(
    `SELECT DISTINCT ON (held.id) held.id, held.version, held.acl, held.name_key, held.type
       FROM unnest($2::text[], $3::text[]) AS wanted (name_key, type)
      ${lookUp('search_entities', 'held.tenant_id = $1 AND held.name_key = wanted.name_key AND held.type = wanted.type AND NOT held.deleted')}`,
    [tenantId, items.map(({ name }) => nameKeyOf(cleanText(name).trim())), items.map(({ type }) => type)],
  );
  return new Map(rows.map((row) => [keyOf(row.name_key, row.type), row]));
}

/** Which ids are in use, tombstones included. */
async function readTaken(tx: Transaction<unknown>, tenantId: string, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await tx.client.query<{ id: string }>(
    `SELECT held.id FROM unnest($2::text[]) AS wanted (id)
      ${lookUp('search_entities', 'held.tenant_id = $1 AND held.id = wanted.id')}`,
    [tenantId, ids],
  );
  return new Set(rows.map(({ id }) => id));
}
