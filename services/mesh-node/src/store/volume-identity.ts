import { checked, RECORD_HEADER_BYTES, seal } from './record.ts';
import type { Table } from './writes.ts';

/** Whose volume it is, and which: a volume that is made anew has another id. */
export interface VolumeIdentity {
  readonly nodeId: string;
  readonly volumeId: string;
}

const KEY = Buffer.from('identity');

/** @returns null when the volume is new */
export function readIdentity(table: Table): VolumeIdentity | null {
  const record = table.get(KEY);
  if (record === undefined) return null;
  const text = checked(record, 1, () => ({ name: 'the identity of the volume' })).toString('utf8', RECORD_HEADER_BYTES);
  const [volumeId = '', nodeId = ''] = text.split(' ');
  return { nodeId, volumeId };
}

/** Durable when it returns. */
export function writeIdentity(table: Table, { nodeId, volumeId }: VolumeIdentity): void {
  const record = Buffer.from(`${'\0'.repeat(RECORD_HEADER_BYTES)}${volumeId} ${nodeId}`);
  seal(record);
  table.putSync(KEY, record);
}
