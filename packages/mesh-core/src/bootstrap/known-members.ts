import type { ControlState, NodeIntroduction } from '@peermesh/replication';
import { type Contact, contactOf } from './contact.ts';
import { CONTACTS_MAX } from './node-record.ts';

const NEWCOMER = { isDraining: false, certificateVersion: 0, admittedAtIndex: 0, admittedAtMs: 0 };

/** Whom the control group has as members. */
export function contactsOf({ members }: Readonly<ControlState>): Contact[] {
  return Array.from(members.values(), contactOf);
}

/** Whom a node knows whose log is behind what it was told when it was let in: itself, and those that it was told of. */
export function contactsTold(
  self: { readonly shortId: number; readonly nodeId: string } & NodeIntroduction,
  told: readonly Contact[],
): Contact[] {
  const own = contactOf({ ...NEWCOMER, ...self });
  const byId = new Map([own, ...told].map((contact) => [contact.shortId, contact]));
  return [...byId.values()];
}

/** Those that are worth remembering for a restart: whoever can be dialled first. */
export function contactsToKeep(contacts: readonly Contact[]): Contact[] {
  return contacts.toSorted((a, b) => Number(b.address !== '') - Number(a.address !== '')).slice(0, CONTACTS_MAX);
}
