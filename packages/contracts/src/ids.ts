import { type TString, Type } from 'typebox';
import { uuidV7 } from './uuid-v7.ts';

/** Every kind of identifier that PeerMesh mints, with the prefix that makes it readable in a log. */
export const ID_PREFIXES = {
  user: 'usr',
  session: 'ses',
  apiKey: 'key',
  content: 'cnt',
  source: 'src',
  job: 'job',
  document: 'doc',
  entity: 'ent',
  relationship: 'rel',
  subscription: 'sub',
  endpoint: 'epn',
  notification: 'ntf',
  delivery: 'dlv',
  redelivery: 'rdv',
  routePolicy: 'rpl',
  decision: 'dec',
  deadLetter: 'dlt',
} as const;

/** A kind of identifier. */
export type IdKind = keyof typeof ID_PREFIXES;

/** A new identifier: the prefix of its kind and a UUIDv7 in 32 hex digits, so ids sort by creation time. */
export function newId(kind: IdKind): string {
  return `${ID_PREFIXES[kind]}_${uuidV7().replaceAll('-', '')}`;
}

/** A new event id (UUIDv7, RFC 9562). */
export function newEventId(): string {
  return uuidV7();
}

/** The schema of an identifier of one kind: the prefix, `_`, and 1 to 64 of `[A-Za-z0-9-]` (callers may choose their own). */
export function IdSchema(kind: IdKind, description?: string): TString {
  const prefix = ID_PREFIXES[kind];
  return Type.String({
    pattern: `^${prefix}_[A-Za-z0-9-]{1,64}$`,
    maxLength: 68,
    examples: [`${prefix}_0198b0c2f1a27cc3a1b2c3d4e5f60718`],
    ...(description === undefined ? {} : { description }),
  });
}
