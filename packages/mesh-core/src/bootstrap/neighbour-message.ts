import { introductionField } from '@peermesh/replication';
import {
  choice,
  type DecodeFault,
  decode,
  encode,
  list,
  number,
  record,
  text,
  type ValueOf,
  versioned,
  word,
} from '@peermesh/replication/wire';
import { type Contact, contactField } from './contact.ts';

const nonce = text(32);
const shortId = number(2 ** 32 - 1);
const meshId = text(64);

/** What two nodes at the ends of one link say to each other before, or in doubt whether, both are members. */
const messageField = choice(
  {
    /** A newcomer, whose key the handshake has proved, asks to be let in. */
    join: record({ nonce, meshId, introduction: introductionField, secret: text(256) }),
    /** The control group has let it in; the contacts are those of its log up to `index`. */
    welcome: record({ nonce, meshId, shortId, index: number(), contacts: list(contactField, 10_000) }),
    /** It has not; `reason` is one of the control group's. */
    refusal: record({ nonce, reason: text(32) }),
    /** Nobody can decide now; come again. */
    later: record({ nonce }),
    /** Am I still a member, under this short id? */
    doubt: record({ shortId }),
    standing: record({ shortId, standing: word(['unknown', 'member', 'left', 'evicted', 'replaced', 'revoked']) }),
    /** You are one, and these are the others as of the log up to `index`. */
    members: record({ shortId, index: number(), contacts: list(contactField, 10_000) }),
  },
  { join: 1, welcome: 2, refusal: 3, later: 4, doubt: 5, standing: 6, members: 7 },
);
export type NeighbourWords = ValueOf<typeof messageField>;

/** Fits into one link-local message. */
export const WELCOME_CONTACTS_MAX = 1_000;

const wireField = versioned(1, messageField);

export function encodeNeighbourWords(message: NeighbourWords): Uint8Array {
  return encode(wireField, message);
}

/** Never throws. */
export function decodeNeighbourWords(
  bytes: Uint8Array,
): { readonly value: NeighbourWords } | { readonly fault: DecodeFault } {
  return decode(wireField, bytes);
}

/** The contacts that a newcomer gets: those that it can dial come first. */
export function welcomeContacts(contacts: readonly Contact[]): Contact[] {
  return [...contacts]
    .sort((a, b) => Number(b.address !== '') - Number(a.address !== ''))
    .slice(0, WELCOME_CONTACTS_MAX);
}
