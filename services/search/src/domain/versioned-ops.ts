import type { Projection, VersionedOp } from '../ports.ts';

/** What is held of a record. */
export interface HeldVersion {
  readonly version: number;
  readonly deleted: boolean;
}

/** A key for a record of any tenant. */
export function keyOf(tenantId: string, id: string): string {
  return `${tenantId}/${id}`;
}

/** The kind of record that an operation is about. */
export function kindOf(op: VersionedOp): Projection['kind'] {
  return op.op === 'upsert' ? op.record.kind : op.kind;
}

/** The newest operation of each record in a batch, unless something as new is held already. */
export function newestOps(batch: readonly VersionedOp[], held: ReadonlyMap<string, HeldVersion>): VersionedOp[] {
  const newest = new Map<string, VersionedOp>();
  for (const op of batch) {
    const key = keyOf(op.tenantId, op.id);
    const rival = newest.get(key);
    if (rival === undefined || supersedes(op, { version: rival.version, deleted: rival.op === 'delete' }))
      newest.set(key, op);
  }
  return [...newest].filter(([key, op]) => supersedes(op, held.get(key))).map(([, op]) => op);
}

function supersedes(op: VersionedOp, held: HeldVersion | undefined): boolean {
  if (held === undefined || op.version > held.version) return true;
  return op.version === held.version && op.op === 'delete' && !held.deleted;
}

/** The change in live records that operations make. */
export function recordsDelta(ops: readonly VersionedOp[], held: ReadonlyMap<string, HeldVersion>): number {
  let delta = 0;
  for (const op of ops) {
    const before = held.get(keyOf(op.tenantId, op.id));
    const was = before !== undefined && !before.deleted ? 1 : 0;
    delta += (op.op === 'upsert' ? 1 : 0) - was;
  }
  return delta;
}
