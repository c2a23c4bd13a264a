import { list, record, sortedMap } from '../wire/composite.ts';
import { bytes, type Field, flag, number, text, type ValueOf, word } from '../wire/field.ts';
import { type JoinKey, type JoinPolicy, joinKeyField, policyField } from './command.ts';
import { LIMITS } from './limits.ts';
import { type Member, memberField } from './node-record.ts';
import { CONTROL_REASONS, type ControlReason } from './reason.ts';

const shortId = number(2 ** 32 - 1);
const name = text(LIMITS.nameBytes);
const note = text(LIMITS.textBytes);

const settingField = record({ value: text(LIMITS.settingBytes), version: number() });
const heldKeyField = record({ key: joinKeyField, uses: number() });
const formerField = record({
  shortId,
  nodeId: name,
  why: word(['left', 'evicted', 'replaced', 'revoked']),
  atMs: number(),
});
const evictedField = record({ note, atMs: number(), by: shortId, operator: note });
const overrideField = record({
  index: number(),
  atMs: number(),
  actor: shortId,
  operator: note,
  override: note,
  what: note,
});
const WORDS = ['done', ...(Object.keys(CONTROL_REASONS) as ControlReason[])] as const;
const answeredField = record({
  index: number(),
  outcome: word(WORDS as readonly ['done', ...ControlReason[]]),
  value: number(),
});

/** A node that is no member any more. */
export type FormerMember = ValueOf<typeof formerField>;
/** A rule that an operator set aside, and why. */
export type OverrideRecord = ValueOf<typeof overrideField>;
export type Setting = ValueOf<typeof settingField>;
export type HeldJoinKey = { readonly key: JoinKey; readonly uses: number };

/**
 * Everything that the control group knows. Equal logs make equal states, and equal states have equal bytes: maps are
 * written in the order of their keys, except `answered`, whose order is that of the log.
 */
export interface ControlState {
  /** Empty before the mesh is created. */
  meshId: string;
  /** The random id of the request that made the mesh: tells it from another one of the same name. */
  incarnation: string;
  createdAtMs: number;
  policy: JoinPolicy;
  policyVersion: number;
  /** The index of the newest command that was applied. */
  appliedIndex: number;
  /** The latest clock of any leader; it never goes back. */
  clockMs: number;
  nextShortId: number;
  members: Map<number, Member>;
  former: FormerMember[];
  evicted: Map<string, ValueOf<typeof evictedField>>;
  /** Node ids, with a note. */
  revokedIdentities: Map<string, string>;
  /** Serial numbers in upper-case hex, with a note. */
  revokedCertificates: Map<string, string>;
  /** Who may join a CLOSED mesh, with a note. */
  admissionList: Map<string, string>;
  joinKeys: Map<string, HeldJoinKey>;
  configuration: Map<string, Setting>;
  parameters: Map<string, Setting>;
  /** Highest version ever given to a setting, so that one that is removed and set again does not repeat versions. */
  settingVersion: number;
  /** 0 before keys were installed. */
  keyEpoch: number;
  /** When its keys were installed, by the clock of the group. */
  keyEpochAtMs: number;
  /** A member has gone that knows the current keys: a new epoch is due. */
  isKeyEpochDue: boolean;
  /** By member; empty bytes for one without a sealing key. */
  wrappedKeys: Map<number, Uint8Array>;
  overrides: OverrideRecord[];
  /** What recent requests came to, by their id. */
  answered: Map<string, ValueOf<typeof answeredField>>;
}

/** A mesh that was never created. */
export function emptyState(): ControlState {
  return {
    meshId: '',
    incarnation: '',
    createdAtMs: 0,
    policy: 'CLOSED',
    policyVersion: 0,
    appliedIndex: 0,
    clockMs: 0,
    nextShortId: 1,
    members: new Map(),
    former: [],
    evicted: new Map(),
    revokedIdentities: new Map(),
    revokedCertificates: new Map(),
    admissionList: new Map(),
    joinKeys: new Map(),
    configuration: new Map(),
    parameters: new Map(),
    settingVersion: 0,
    keyEpoch: 0,
    keyEpochAtMs: 0,
    isKeyEpochDue: false,
    wrappedKeys: new Map(),
    overrides: [],
    answered: new Map(),
  };
}

const notes = sortedMap(name, note, LIMITS.evicted);
const answeredList = list(record({ id: text(32), answer: answeredField }), LIMITS.requestWindow + 1);
const answered: Field<ReadonlyMap<string, ValueOf<typeof answeredField>>> = {
  write: (writer, map) =>
    answeredList.write(
      writer,
      Array.from(map, ([id, answer]) => ({ id, answer })),
    ),
  read: (reader) => new Map(answeredList.read(reader).map(({ id, answer }) => [id, answer])),
};

export const stateField = record({
  meshId: name,
  incarnation: text(32),
  createdAtMs: number(),
  policy: policyField,
  policyVersion: number(),
  appliedIndex: number(),
  clockMs: number(),
  nextShortId: number(2 ** 32 - 1),
  members: sortedMap(shortId, memberField, LIMITS.members),
  former: list(formerField, LIMITS.former),
  evicted: sortedMap(name, evictedField, LIMITS.evicted),
  revokedIdentities: notes,
  revokedCertificates: sortedMap(note, note, LIMITS.evicted),
  admissionList: sortedMap(name, note, LIMITS.admissionList),
  joinKeys: sortedMap(name, heldKeyField, LIMITS.joinKeys),
  configuration: sortedMap(name, settingField, LIMITS.settings),
  parameters: sortedMap(name, settingField, LIMITS.settings),
  settingVersion: number(),
  keyEpoch: number(),
  keyEpochAtMs: number(),
  isKeyEpochDue: flag,
  wrappedKeys: sortedMap(shortId, bytes(LIMITS.wrappedKeyBytes), LIMITS.members),
  overrides: list(overrideField, LIMITS.overrides),
  answered,
});
