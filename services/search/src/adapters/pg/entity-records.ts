import { newId } from '@peermesh/contracts';
import type { CreateEntity, UpdateEntity } from '@peermesh/contracts/search';
import type { Transaction } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import type { Bus } from '@peermesh/messaging';
import { cleanText } from '../../domain/records/clean-text.ts';
import { nameKeyOf } from '../../domain/records/derived-ids.ts';
import type { EntityRow } from '../../domain/records/document-row.ts';
import type { Viewer } from '../../ports.ts';
import { lockRecords } from './change-log.ts';
import { ChangeSet } from './change-set.ts';
import { readRows } from './record-rows.ts';
import { checkVersion, mayRead } from './record-rules.ts';

type Sink = Pick<Bus, 'publishMany'>;

/** Why a new entity is refused. */
export const ID_TAKEN = 'An entity with this id exists or existed.';
/** Why a name is refused. */
export const NAME_TAKEN = 'An entity with this name and type exists.';

/** Stores a new entity. 409 when its id, or its name with its type, is taken. */
export async function createEntity(
  tx: Transaction<unknown>,
  bus: Sink,
  viewer: Viewer,
  body: CreateEntity,
  now: string,
): Promise<EntityRow> {
  await lockRecords(tx, [viewer.tenantId]);
  const id = body.id ?? newId('entity');
  const [held] = await readRows<EntityRow>(tx, 'search_entities', [{ tenantId: viewer.tenantId, id }]);
  if (held !== undefined) throw commonErrors.conflict({ detail: ID_TAKEN });
  if ((await namesake(tx, viewer.tenantId, cleanText(body.name).trim(), body.type)) !== null) {
    throw commonErrors.conflict({ detail: NAME_TAKEN });
  }
  return write(tx, bus, 'created', freshEntity(viewer.tenantId, id, body, now));
}

/** Changes an entity that the viewer may read. Its former name stays as an alias. */
export async function updateEntity(
  tx: Transaction<unknown>,
  bus: Sink,
  viewer: Viewer,
  id: string,
  body: UpdateEntity,
  now: string,
): Promise<EntityRow> {
  await lockRecords(tx, [viewer.tenantId]);
  const held = await visibleEntity(tx, viewer, id);
  checkVersion(held, body.version);
  const name = body.name === undefined ? held.name : cleanText(body.name).trim();
  const type = body.type ?? held.type;
  const rival = await namesake(tx, viewer.tenantId, name, type);
  if (rival !== null && rival.id !== id) throw commonErrors.conflict({ detail: NAME_TAKEN });
  const { seq: _seq, ...before } = held;
  const aliases = body.aliases ?? held.aliases;
  return write(tx, bus, 'updated', {
    ...before,
    version: held.version + 1,
    name,
    name_key: nameKeyOf(name),
    type,
    aliases: name === held.name || aliases.includes(held.name) ? aliases : [...aliases, held.name],
    description: body.description === undefined ? held.description : body.description,
    confidence: body.confidence ?? held.confidence,
    acl: body.acl ?? held.acl,
    acl_derived: body.acl === undefined && held.acl_derived,
    updated_at: now,
  });
}

/** Deletes an entity; a tombstone stays. A later extraction that finds the name makes it anew. */
export async function deleteEntity(
  tx: Transaction<unknown>,
  bus: Sink,
  viewer: Viewer,
  id: string,
  version: number | undefined,
  now: string,
): Promise<void> {
  await lockRecords(tx, [viewer.tenantId]);
  const { seq: _seq, ...held } = await visibleEntity(tx, viewer, id);
  if (version !== undefined) checkVersion(held, version);
  await tx.client.query('DELETE FROM search.search_mentions WHERE tenant_id = $1 AND entity_id = $2', [
    viewer.tenantId,
    id,
  ]);
  await write(tx, bus, 'deleted', { ...held, deleted: true, version: held.version + 1, updated_at: now });
}

/** An entity that the viewer may read, or the same 404 as for one that does not exist. */
export async function visibleEntity(tx: Transaction<unknown>, viewer: Viewer, id: string): Promise<EntityRow> {
  const [row] = await readRows<EntityRow>(tx, 'search_entities', [{ tenantId: viewer.tenantId, id }]);
  if (row === undefined || row.deleted || !mayRead(viewer, row.acl)) throw commonErrors.notFound();
  return row;
}

/** An entity as a caller gave it. */
export function freshEntity(tenantId: string, id: string, body: CreateEntity, now: string): Omit<EntityRow, 'seq'> {
  const name = cleanText(body.name).trim();
  return {
    tenant_id: tenantId,
    id,
    version: 1,
    deleted: false,
    name,
    name_key: nameKeyOf(name),
    type: body.type,
    aliases: [...new Set(body.aliases ?? [])],
    description: body.description ?? null,
    confidence: body.confidence ?? 1,
    acl: body.acl ?? ['tenant'],
    acl_derived: false,
    created_at: now,
    updated_at: now,
  };
}

async function namesake(
  tx: Transaction<unknown>,
  tenantId: string,
  name: string,
  type: string,
): Promise<EntityRow | null> {
  const { rows } = await tx.client.query<{ row: EntityRow }>(
    'SELECT to_jsonb(held) AS row FROM search.search_entities held WHERE tenant_id = $1 AND name_key = $2 AND type = $3 AND NOT deleted',
    [tenantId, nameKeyOf(name), type],
  );
  return rows[0]?.row ?? null;
}

async function write(
  tx: Transaction<unknown>,
  bus: Sink,
  change: 'created' | 'updated' | 'deleted',
  row: Omit<EntityRow, 'seq'>,
): Promise<EntityRow> {
  const changes = new ChangeSet();
  changes.entity({ row, change });
  return { ...row, seq: await changes.write(tx, bus) };
}
