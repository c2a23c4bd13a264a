import { decode, encode, flag, list, number, record, text, type ValueOf, versioned } from '@peermesh/replication/wire';
import type { Restored } from '../mesh-core-options.ts';
import { contactField } from './contact.ts';
import type { JoinEnd } from './joining.ts';

/** Contacts that a node keeps to find the mesh again. */
export const CONTACTS_MAX = 256;

const recordField = versioned(
  1,
  record({
    meshId: text(64),
    /** On this disk; another disk gets another one. */
    shortId: number(2 ** 32 - 1),
    isFounder: flag,
    /** Whether the log on the disk has had entries: without them now, it was lost. */
    hasLog: flag,
    /** The index of the log that the contacts are of. */
    contactsIndex: number(),
    contacts: list(contactField, CONTACTS_MAX),
  }),
);
/** What a member keeps on its disk of its membership, besides the log. */
export type NodeRecord = ValueOf<typeof recordField>;

export function encodeNodeRecord(value: NodeRecord): Uint8Array {
  return encode(recordField, value);
}

/**
 * The membership that a disk holds; null for none, and for a founder that crashed before its mesh was durable. A replica whose
 * log was lost must not vote under its short id again (Raft, 5.1: what it said must survive), so it is no member either.
 */
export function membershipOf({ record: bytes, hardState, snapshot, entries }: Restored): {
  readonly record: NodeRecord | null;
  readonly isLogLost: boolean;
} {
  const decoded = bytes === null ? null : decode(recordField, bytes);
  if (decoded === null || 'fault' in decoded) return { record: null, isLogLost: false };
  const { value: record } = decoded;
  const hasLog = hardState !== null && (snapshot !== null || entries.length > 0);
  if (record.hasLog && !hasLog) return { record: null, isLogLost: true };
  const wasCreated = !record.isFounder || snapshot !== null || entries.some(({ data }) => data.length > 0);
  return { record: wasCreated ? record : null, isLogLost: false };
}

/** Of a node that begins a mesh. */
export function founderRecord(meshId: string): NodeRecord {
  return { meshId, shortId: 1, isFounder: true, hasLog: false, contactsIndex: 0, contacts: [] };
}

/** Of a node that was just let in. */
export function newcomerRecord({
  meshId,
  shortId,
  index,
  contacts,
}: Extract<JoinEnd, { kind: 'welcome' }>): NodeRecord {
  const kept = contacts.slice(0, CONTACTS_MAX);
  return { meshId, shortId, isFounder: false, hasLog: false, contactsIndex: index, contacts: kept };
}
