import { decode, encode, flag, list, number, record, text, type ValueOf, versioned } from '@peermesh/replication/wire';
import { contactField } from './contact.ts';

/** Contacts that a node keeps to find the mesh again. */
export const CONTACTS_MAX = 256;

const recordField = versioned(
  1,
  record({
    meshId: text(64),
    /** On this disk; another disk gets another one. */
    shortId: number(2 ** 32 - 1),
    isFounder: flag,
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

/** Null for bytes that hold none. */
export function decodeNodeRecord(bytes: Uint8Array): NodeRecord | null {
  const decoded = decode(recordField, bytes);
  return 'value' in decoded ? decoded.value : null;
}
