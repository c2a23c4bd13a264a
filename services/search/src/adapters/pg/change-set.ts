import { EntityChanged } from '@peermesh/contracts/events';
import type { Transaction } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import { nameKeyOf } from '../../domain/records/derived-ids.ts';
import type { ChangeRow, DocumentRow, EntityRow, RelationshipRow } from '../../domain/records/document-row.ts';
import { storedConfidence } from '../../domain/records/stored-confidence.ts';
import { appendChanges, lockChangeLog, takeSequences } from './change-log.ts';
import { writeDocumentRows, writeEntityRows, writeRelationshipRows } from './record-rows.ts';

type Draft<Row> = Omit<Row, 'seq'>;

/** A new state of an entity and whether anybody should hear of it. */
export interface EntityDraft {
  readonly row: Draft<EntityRow>;
  readonly change: 'created' | 'updated' | 'deleted' | 'silent';
}

/** Everything that one transaction writes. The records of its tenants must be locked by then. */
export class ChangeSet {
  readonly #documents: { row: Draft<DocumentRow>; replaced: DocumentRow | null }[] = [];
  readonly #entities = new Map<string, EntityDraft>();
  readonly #relationships: Draft<RelationshipRow>[] = [];

  document(row: Draft<DocumentRow>, replaced: DocumentRow | null): void {
    this.#documents.push({ row, replaced });
  }

  /** A later draft of the same entity replaces an earlier one; a creation stays a creation. */
  entity(draft: EntityDraft): void {
    const key = `${draft.row.tenant_id}/${draft.row.id}`;
    const earlier = this.#entities.get(key);
    const change =
      earlier !== undefined && earlier.change !== 'silent' && draft.change === 'silent' ? earlier.change : draft.change;
    this.#entities.set(key, { row: draft.row, change });
  }

  relationship(row: Draft<RelationshipRow>): void {
    this.#relationships.push(row);
  }

  /** Writes all rows, the change log and the events. Entities come before what refers to them. Takes the change log until the commit. Returns the last number. */
  async write(tx: Transaction<unknown>, bus: Pick<Bus, 'publishMany'>): Promise<number> {
    const entities = [...this.#entities.values()];
    if (entities.length + this.#relationships.length + this.#documents.length === 0) return 0;
    await lockChangeLog(tx);
    const sequences = await takeSequences(tx, entities.length + this.#relationships.length + this.#documents.length);
    let at = 0;
    const next = (): number => sequences[at++] as number;
    const entityRows = entities.map(({ row }) => ({
      ...row,
      confidence: storedConfidence(row.confidence),
      seq: next(),
    }));
    const relationshipRows = this.#relationships.map((row) => ({
      ...row,
      confidence: storedConfidence(row.confidence),
      seq: next(),
    }));
    const documentRows = this.#documents.map(({ row }) => ({ ...row, seq: next() }));
    await writeEntityRows(tx, entityRows);
    await writeNames(tx, entityRows);
    await writeRelationshipRows(tx, relationshipRows);
    await writeDocumentRows(
      tx,
      documentRows,
      this.#documents.flatMap(({ replaced }) => replaced ?? []),
    );
    await appendChanges(tx, [
      ...entityRows.map((row) => changeOf('entity', row)),
      ...relationshipRows.map((row) => changeOf('relationship', row)),
      ...documentRows.map((row) => changeOf('document', row)),
    ]);
    await publishEntities(tx, bus, entities);
    return sequences.at(-1) ?? 0;
  }
}

function changeOf(
  kind: ChangeRow['kind'],
  row: { seq: number; tenant_id: string; id: string; version: number; deleted: boolean },
): ChangeRow {
  return {
    seq: row.seq,
    tenant_id: row.tenant_id,
    kind,
    record_id: row.id,
    version: row.version,
    deleted: row.deleted,
  };
}

async function writeNames(tx: Transaction<unknown>, rows: readonly EntityRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.client.query(
    `DELETE FROM search.search_entity_names WHERE ctid = ANY(ARRAY(
       SELECT held.ctid FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, entity_id)
        CROSS JOIN LATERAL (
          SELECT ctid FROM search.search_entity_names name
           WHERE name.tenant_id = wanted.tenant_id AND name.entity_id = wanted.entity_id OFFSET 0) held))`,
    [rows.map((row) => row.tenant_id), rows.map((row) => row.id)],
  );
  const names = rows
    .filter((row) => !row.deleted)
    .flatMap((row) => {
      const aliases = new Set(row.aliases.map(nameKeyOf));
      aliases.delete(row.name_key);
      return [{ row, key: row.name_key, isAlias: false }, ...[...aliases].map((key) => ({ row, key, isAlias: true }))];
    });
  await tx.client.query(
    `INSERT INTO search.search_entity_names (tenant_id, name_key, type, entity_id, is_alias)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[]) ON CONFLICT DO NOTHING`,
    [
      names.map(({ row }) => row.tenant_id),
      names.map(({ key }) => key),
      names.map(({ row }) => row.type),
      names.map(({ row }) => row.id),
      names.map(({ isAlias }) => isAlias),
    ],
  );
}

async function publishEntities(
  tx: Transaction<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  entities: readonly EntityDraft[],
): Promise<void> {
  const items = entities.flatMap(({ row, change }) =>
    change === 'silent'
      ? []
      : [
          {
            tenantId: row.tenant_id,
            partitionKey: row.id,
            data: { entityId: row.id, version: row.version, change, name: row.name, type: row.type },
          },
        ],
  );
  if (items.length > 0) await bus.publishMany(tx, EntityChanged, items);
}
