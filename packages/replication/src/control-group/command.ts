import { choice, list, record } from '../wire/composite.ts';
import { bytes, type Field, flag, number, optional, text, type ValueOf, versioned, word } from '../wire/field.ts';
import { LIMITS } from './limits.ts';
import { descriptionField, introductionField } from './node-record.ts';

const shortId = number(2 ** 32 - 1);
const name = text(LIMITS.nameBytes);
const note = text(LIMITS.textBytes);
export const policyField = word(['OPEN', 'KEY_REQUIRED', 'CLOSED']);
/** Who may join: anybody, who presents a join key, or who is on the admission list. */
export type JoinPolicy = ValueOf<typeof policyField>;
export const healthField = word(['HEALTHY', 'DEGRADED', 'CRITICAL']);
/** How much of the mesh is reachable: all, more than half, or half and less. */
export type MeshHealth = ValueOf<typeof healthField>;

export const joinKeyField = record({
  /** Names the key; no secret. */
  id: name,
  /** {@link joinKeyHash} of the secret; the secret itself is never in the log. */
  hash: text(LIMITS.nameBytes),
  /** Ms since 1970; 0 for a key that does not expire. */
  expiresAtMs: number(),
  /** 0 for a key that may be used without end. */
  usesMax: number(),
});
export type JoinKey = ValueOf<typeof joinKeyField>;

const wrappedKey = record({ shortId, wrapped: bytes(LIMITS.wrappedKeyBytes) });

/** Every command of the control group. Tags are the format: they are never used for anything else. */
export const bodyField = choice(
  {
    create: record({
      meshId: name,
      policy: policyField,
      nodeId: name,
      founder: introductionField,
      joinKeys: list(joinKeyField, LIMITS.joinKeys),
    }),
    /** `keyHash` is empty when no key was presented. */
    admit: record({ meshId: name, nodeId: name, introduction: introductionField, keyHash: name }),
    leave: record({ shortId }),
    evict: record({ shortId, note }),
    /** Lifts an eviction: the node may join again. */
    readmit: record({ nodeId: name }),
    describe: record({ shortId, description: descriptionField }),
    drain: record({ shortId, isDraining: flag }),
    rotateCertificate: record({ shortId, certificate: note, expectedVersion: number() }),
    revokeIdentity: record({ nodeId: name, note }),
    revokeCertificate: record({ certificate: note, note }),
    /** A `null` removes the setting. `expectedVersion` 0 is for one that is not there. */
    set: record({
      space: word(['configuration', 'parameter']),
      key: name,
      value: optional(text(LIMITS.settingBytes)),
      expectedVersion: number(),
    }),
    setPolicy: record({ policy: policyField, expectedVersion: number() }),
    addJoinKey: record({ key: joinKeyField }),
    removeJoinKey: record({ id: name }),
    list: record({ nodeId: name, isListed: flag, note }),
    installKeys: record({ epoch: number(), keys: list(wrappedKey, LIMITS.members) }),
    grantKey: record({ epoch: number(), shortId, wrapped: bytes(LIMITS.wrappedKeyBytes) }),
  },
  {
    create: 1,
    admit: 2,
    leave: 3,
    evict: 4,
    readmit: 5,
    describe: 6,
    drain: 7,
    rotateCertificate: 8,
    revokeIdentity: 9,
    revokeCertificate: 10,
    set: 11,
    setPolicy: 12,
    addJoinKey: 13,
    removeJoinKey: 14,
    list: 15,
    installKeys: 16,
    grantKey: 17,
  },
);
export type CommandBody = ValueOf<typeof bodyField>;

export const headerField = record({
  /** 128 random bits in hex: the same request has the same id however often it is sent. */
  requestId: text(32),
  /** An index that was committed before the request was first sent; put in when a leader has said one. */
  basis: number(),
  /** The member that asks; 0 for the first command of a mesh. */
  actor: shortId,
  /** Who asked that member; empty when the node acts for itself. */
  operator: note,
  /** Why a rule of {@link MeshHealth} is set aside; empty when it is not. */
  override: note,
  /** Put in by the leader: its clock, ms since 1970. */
  atMs: number(),
  /** Put in by the leader: how it sees the mesh. */
  health: healthField,
});
export type CommandHeader = ValueOf<typeof headerField>;

const commandField = record({ header: headerField, body: bodyField });
export interface Command {
  readonly header: CommandHeader;
  readonly body: CommandBody;
}

/** Version of the commands' meaning, the first byte of each. */
export const COMMAND_VERSION = 1;

/** With the version in front. */
export const versionedCommandField: Field<Command> = versioned(COMMAND_VERSION, commandField);
