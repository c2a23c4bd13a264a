import type { ExtractedEntity } from '@peermesh/contracts/events';
import type { Transaction } from '@peermesh/database';
import { cleanText } from '../../domain/records/clean-text.ts';
import { derivedEntityId, nameKeyOf } from '../../domain/records/derived-ids.ts';
import type { EntityRow } from '../../domain/records/document-row.ts';
import { mergeAcl, sameAcl } from '../../domain/records/merge-acl.ts';
import type { ChangeSet } from './change-set.ts';
import { lookUp } from './look-up.ts';
import { readRows } from './record-rows.ts';

/** An entity of one document that is to be found or made. */
export interface EntityMention {
  readonly tenantId: string;
  readonly acl: readonly string[];
  readonly extracted: ExtractedEntity;
}

const ALIASES_MAX = 50;

/**
 * Finds the entity of each mention by normalized name and type, then by alias, within its tenant; makes those that are
 * missing. Widens derived access lists and adds new aliases. The records of the tenants must be locked.
 */
export async function resolveEntities(
  tx: Transaction<unknown>,
  changes: ChangeSet,
  mentions: readonly EntityMention[],
  now: string,
): Promise<string[]> {
  const known = await readByName(tx, mentions);
  const held = new Map(
    (await readRows<EntityRow>(tx, 'search_entities', await idsWanted(mentions, known))).map((row) => [
      `${row.tenant_id}/${row.id}`,
      row,
    ]),
  );
  const touched = new Map<string, { row: Omit<EntityRow, 'seq'>; before: EntityRow | undefined }>();
  const ids = mentions.map(({ tenantId, acl, extracted }) => {
    const name = cleanText(extracted.name).trim();
    const nameKey = nameKeyOf(name);
    const found = find(known, tenantId, extracted, nameKey);
    const id = found ?? derivedEntityId(tenantId, extracted.type, nameKey);
    const key = `${tenantId}/${id}`;
    const current = touched.get(key)?.row ?? held.get(key);
    const before = held.get(key);
    if (current === undefined || current.deleted) {
      touched.set(key, { row: created(tenantId, id, name, nameKey, extracted, acl, before, now), before });
      known.set(nameIndex(tenantId, extracted.type, nameKey), { id, isAlias: false });
    } else touched.set(key, { row: widened(current, extracted, acl), before });
    return id;
  });
  for (const { row, before } of touched.values()) {
    if (before === undefined || before.deleted) changes.entity({ row, change: 'created' });
    else if (
      !sameAcl(row.acl, before.acl) ||
      row.aliases.length !== before.aliases.length ||
      row.confidence > before.confidence + 0.05
    ) {
      const change = row.aliases.length === before.aliases.length ? 'silent' : 'updated';
      changes.entity({ row: { ...row, version: before.version + 1, updated_at: now }, change });
    }
  }
  return ids;
}

interface NamedEntity {
  readonly id: string;
  readonly isAlias: boolean;
}

function nameIndex(tenantId: string, type: string, nameKey: string): string {
  return `${tenantId}\u0000${type}\u0000${nameKey}`;
}

function find(
  known: ReadonlyMap<string, NamedEntity>,
  tenantId: string,
  extracted: ExtractedEntity,
  nameKey: string,
): string | undefined {
  const keys = [nameKey, ...(extracted.aliases ?? []).map(nameKeyOf)];
  for (const key of keys) {
    const entity = known.get(nameIndex(tenantId, extracted.type, key));
    if (entity !== undefined) return entity.id;
  }
  return undefined;
}

async function readByName(
  tx: Transaction<unknown>,
  mentions: readonly EntityMention[],
): Promise<Map<string, NamedEntity>> {
  const wanted = mentions.flatMap(({ tenantId, extracted }) =>
    [extracted.name, ...(extracted.aliases ?? [])].map((name) => ({
      tenantId,
      type: extracted.type,
      key: nameKeyOf(cleanText(name).trim()),
    })),
  );
  const { rows } = await tx.client.query<{
    tenant_id: string;
    type: string;
    name_key: string;
    entity_id: string;
    is_alias: boolean;
  }>(
    `SELECT DISTINCT held.tenant_id, held.type, held.name_key, held.entity_id, held.is_alias
       FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (tenant_id, name_key, type)
      ${lookUp('search_entity_names', 'held.tenant_id = wanted.tenant_id AND held.name_key = wanted.name_key AND held.type = wanted.type')}
      ORDER BY held.is_alias DESC, held.entity_id DESC`,
    [wanted.map((item) => item.tenantId), wanted.map((item) => item.key), wanted.map((item) => item.type)],
  );
  return new Map(
    rows.map((row) => [nameIndex(row.tenant_id, row.type, row.name_key), { id: row.entity_id, isAlias: row.is_alias }]),
  );
}

async function idsWanted(
  mentions: readonly EntityMention[],
  known: ReadonlyMap<string, NamedEntity>,
): Promise<{ tenantId: string; id: string }[]> {
  const wanted = new Map<string, { tenantId: string; id: string }>();
  for (const { tenantId, extracted } of mentions) {
    const nameKey = nameKeyOf(cleanText(extracted.name).trim());
    const id = find(known, tenantId, extracted, nameKey) ?? derivedEntityId(tenantId, extracted.type, nameKey);
    wanted.set(`${tenantId}/${id}`, { tenantId, id });
  }
  return [...wanted.values()];
}

function created(
  tenantId: string,
  id: string,
  name: string,
  nameKey: string,
  extracted: ExtractedEntity,
  acl: readonly string[],
  tombstone: EntityRow | undefined,
  now: string,
): Omit<EntityRow, 'seq'> {
  return {
    tenant_id: tenantId,
    id,
    version: (tombstone?.version ?? 0) + 1,
    deleted: false,
    name,
    name_key: nameKey,
    type: extracted.type,
    aliases: [...new Set(extracted.aliases ?? [])].slice(0, ALIASES_MAX),
    description: null,
    confidence: extracted.confidence,
    acl: mergeAcl(acl, []),
    acl_derived: true,
    created_at: now,
    updated_at: now,
  };
}

function widened(
  row: Omit<EntityRow, 'seq'>,
  extracted: ExtractedEntity,
  acl: readonly string[],
): Omit<EntityRow, 'seq'> {
  const spellings = new Set(row.aliases.map(nameKeyOf)).add(row.name_key);
  const fresh = [extracted.name.trim(), ...(extracted.aliases ?? [])].filter(
    (alias) => alias !== '' && !spellings.has(nameKeyOf(alias)),
  );
  return {
    ...row,
    acl: row.acl_derived ? mergeAcl(row.acl, acl) : row.acl,
    aliases: [...row.aliases, ...new Set(fresh)].slice(0, ALIASES_MAX),
    confidence: Math.max(row.confidence, extracted.confidence),
  };
}
