import { newId } from '@peermesh/contracts';
import type { CreateRelationship, UpdateRelationship } from '@peermesh/contracts/search';
import type { Transaction } from '@peermesh/database';
import { commonErrors, searchErrors } from '@peermesh/errors';
import type { Bus } from '@peermesh/messaging';
import type { RelationshipRow } from '../../domain/records/document-row.ts';
import type { Viewer } from '../../ports.ts';
import { lockRecords } from './change-log.ts';
import { ChangeSet } from './change-set.ts';
import { readRows } from './record-rows.ts';
import { checkVersion, mayRead } from './record-rules.ts';
import { visibleNodes } from './visible-nodes.ts';

type Sink = Pick<Bus, 'publishMany'>;

/** Why a new relationship is refused. */
export const ID_TAKEN = 'A relationship with this id exists or existed.';

/** Stores a new relationship between two nodes that the viewer may read. */
export async function createRelationship(
  tx: Transaction<unknown>,
  bus: Sink,
  viewer: Viewer,
  body: CreateRelationship,
  now: string,
): Promise<RelationshipRow> {
  await lockRecords(tx, [viewer.tenantId]);
  const id = body.id ?? newId('relationship');
  const [held] = await readRows<RelationshipRow>(tx, 'search_relationships', [{ tenantId: viewer.tenantId, id }]);
  if (held !== undefined) throw commonErrors.conflict({ detail: ID_TAKEN });
  const visible = await visibleNodes(tx, viewer, [body.from, body.to]);
  for (const node of [body.from, body.to]) {
    if (!visible.has(node)) throw searchErrors.nodeUnknown({ detail: `${node} is not known.` });
  }
  return write(tx, bus, freshRelationship(viewer.tenantId, id, body, now));
}

/** Changes a relationship that the viewer may read. */
export async function updateRelationship(
  tx: Transaction<unknown>,
  bus: Sink,
  viewer: Viewer,
  id: string,
  body: UpdateRelationship,
  now: string,
): Promise<RelationshipRow> {
  await lockRecords(tx, [viewer.tenantId]);
  const { seq: _seq, ...held } = await visibleRelationship(tx, viewer, id);
  checkVersion(held, body.version);
  return write(tx, bus, {
    ...held,
    version: held.version + 1,
    confidence: body.confidence ?? held.confidence,
    evidence: body.evidence === undefined ? held.evidence : body.evidence,
    acl: body.acl ?? held.acl,
    updated_at: now,
  });
}

/** Deletes a relationship; a tombstone stays. */
export async function deleteRelationship(
  tx: Transaction<unknown>,
  bus: Sink,
  viewer: Viewer,
  id: string,
  version: number | undefined,
  now: string,
): Promise<void> {
  await lockRecords(tx, [viewer.tenantId]);
  const { seq: _seq, ...held } = await visibleRelationship(tx, viewer, id);
  if (version !== undefined) checkVersion(held, version);
  await write(tx, bus, { ...held, deleted: true, version: held.version + 1, updated_at: now });
}

/** A relationship that the viewer may read, or the same 404 as for one that does not exist. */
export async function visibleRelationship(
  tx: Transaction<unknown>,
  viewer: Viewer,
  id: string,
): Promise<RelationshipRow> {
  const [row] = await readRows<RelationshipRow>(tx, 'search_relationships', [{ tenantId: viewer.tenantId, id }]);
  if (row === undefined || row.deleted || !mayRead(viewer, row.acl)) throw commonErrors.notFound();
  return row;
}

/** A relationship as a caller gave it. */
export function freshRelationship(
  tenantId: string,
  id: string,
  body: CreateRelationship,
  now: string,
): Omit<RelationshipRow, 'seq'> {
  return {
    tenant_id: tenantId,
    id,
    version: 1,
    deleted: false,
    from_id: body.from,
    to_id: body.to,
    type: body.type,
    confidence: body.confidence ?? 1,
    evidence: body.evidence ?? null,
    document_id: body.documentId ?? null,
    acl: body.acl ?? ['tenant'],
    created_at: now,
    updated_at: now,
  };
}

async function write(tx: Transaction<unknown>, bus: Sink, row: Omit<RelationshipRow, 'seq'>): Promise<RelationshipRow> {
  const changes = new ChangeSet();
  changes.relationship(row);
  return { ...row, seq: await changes.write(tx, bus) };
}
