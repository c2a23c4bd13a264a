import { newId } from '@peermesh/contracts';
import type { CreateDocument } from '@peermesh/contracts/search';
import type { Transaction } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import type { Bus } from '@peermesh/messaging';
import type { DocumentRow } from '../../domain/records/document-row.ts';
import { sameAcl } from '../../domain/records/merge-acl.ts';
import type { Viewer } from '../../ports.ts';
import { lockRecords } from './change-log.ts';
import { ChangeSet } from './change-set.ts';
import { buryDocuments, dropEmbeddings, followAcl, newRow } from './document-records.ts';
import { readRows } from './record-rows.ts';
import { checkVersion, mayRead } from './record-rules.ts';
import type { ItemOutcome } from './write-outcome.ts';

/** What one item of a bulk request is. */
export type DocumentWrite =
  | { readonly put: CreateDocument; readonly version?: number }
  | { readonly delete: string; readonly version?: number };

interface NamedWrite {
  readonly id: string;
  readonly write: DocumentWrite;
}

/**
 * Stores, replaces and deletes documents in few statements, as if one after the other. An item that is refused changes
 * nothing and does not stop the others.
 */
export async function writeDocuments(
  tx: Transaction<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  viewer: Viewer,
  writes: readonly DocumentWrite[],
  now: string,
): Promise<ItemOutcome[]> {
  await lockRecords(tx, [viewer.tenantId]);
  const outcomes: ItemOutcome[] = [];
  for (const stretch of stretchesOf(writes)) outcomes.push(...(await writeStretch(tx, bus, viewer, stretch, now)));
  return outcomes;
}

/** Stretches in which every document occurs once. */
function* stretchesOf(writes: readonly DocumentWrite[]): Generator<NamedWrite[]> {
  let stretch = new Map<string, NamedWrite>();
  for (const write of writes) {
    const id = 'delete' in write ? write.delete : (write.put.id ?? newId('document'));
    if (stretch.has(id)) {
      yield [...stretch.values()];
      stretch = new Map();
    }
    stretch.set(id, { id, write });
  }
  if (stretch.size > 0) yield [...stretch.values()];
}

async function writeStretch(
  tx: Transaction<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  viewer: Viewer,
  stretch: readonly NamedWrite[],
  now: string,
): Promise<ItemOutcome[]> {
  const { tenantId } = viewer;
  const keys = stretch.map(({ id }) => ({ tenantId, id }));
  const held = new Map((await readRows<DocumentRow>(tx, 'search_documents', keys)).map((row) => [row.id, row]));
  const changes = new ChangeSet();
  const replaced: string[] = [];
  const buried: { held: DocumentRow; upstreamVersion: number | null }[] = [];
  const moved: Omit<DocumentRow, 'seq'>[] = [];
  const outcomes = stretch.map(({ id, write }): ItemOutcome => {
    const before = held.get(id);
    const refused = refusalOf(viewer, write, before);
    if (refused !== null) return { refused };
    if ('delete' in write) {
      if (before === undefined) return { refused: commonErrors.notFound() };
      buried.push({ held: before, upstreamVersion: before.upstream_version });
      return { status: 'deleted', id, version: before.version + 1 };
    }
    const version = (before?.version ?? 0) + 1;
    const fresh = newRow(tenantId, id, write.put, version, before?.created_at ?? now, now);
    const row =
      before === undefined
        ? fresh
        : { ...fresh, upstream_version: before.upstream_version, content_id: before.content_id };
    changes.document(row, before ?? null);
    if (before !== undefined) replaced.push(id);
    if (before !== undefined && !sameAcl(row.acl, before.acl)) moved.push(row);
    return { status: before === undefined ? 'created' : 'updated', id, version };
  });
  if (replaced.length > 0) await dropEmbeddings(tx, tenantId, replaced);
  await changes.write(tx, bus);
  for (const row of moved) await followAcl(tx, bus, row, now);
  if (buried.length > 0) await buryDocuments(tx, bus, buried, now);
  return outcomes;
}

/** Why an item cannot be carried out; null when it can. What may not be read is not there. */
function refusalOf(viewer: Viewer, write: DocumentWrite, held: DocumentRow | undefined): unknown {
  const isDelete = 'delete' in write;
  if (held === undefined) return isDelete || write.version !== undefined ? commonErrors.notFound() : null;
  if (held.deleted)
    return isDelete ? commonErrors.notFound() : commonErrors.conflict({ detail: 'The document was deleted.' });
  if (!mayRead(viewer, held.acl)) return commonErrors.notFound();
  if (write.version === undefined) return null;
  try {
    checkVersion(held, write.version);
    return null;
  } catch (error) {
    return error;
  }
}
