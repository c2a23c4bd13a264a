import type { RecordAttributes, VersionedOp } from '../../ports.ts';
import { arrayText, plainArrayText } from './array-text.ts';
import { attributesText } from './attributes-text.ts';

/** Tenants, ids, versions and whether they are deletions: what every table has of operations, as columns for `unnest`. */
export function headColumns(ops: readonly VersionedOp[]): string[] {
  return [
    arrayText(ops.map((op) => op.tenantId)),
    arrayText(ops.map((op) => op.id)),
    plainArrayText(ops.map((op) => op.version)),
    plainArrayText(ops.map((op) => op.op === 'delete')),
  ];
}

/** Their places in the change log. */
export function sequenceColumn(ops: readonly VersionedOp[]): string {
  return plainArrayText(ops.map((op) => op.seq));
}

/** The attributes of documents and entities; null for what has none. */
export function attributesOf(op: VersionedOp): RecordAttributes | null {
  return op.op === 'delete' || op.record.kind === 'relationship' ? null : op.record.attributes;
}

/** The same as a column. */
export function attributesColumn(ops: readonly VersionedOp[]): string {
  return attributesText(ops.map(attributesOf));
}
