import { type Static, Type } from 'typebox';
import { MeshNodeId, ShortId } from '../../events/mesh.ts';
import { Timestamp } from '../../timestamps.ts';
import { JoinKey, JoinPolicy } from './schemas.ts';

const strict = { additionalProperties: false } as const;

/** Why an operator did something; for people. */
export const Note = Type.String({ maxLength: 200, description: 'For people.', examples: ['laptop was stolen'] });

/** Name of a join key; no secret. */
export const JoinKeyId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  description: 'Names the key; no secret.',
  examples: ['quay-crew'],
});

/** A join key without its secret, which is not kept. */
export const JoinKeyInfo = Type.Object({
  id: JoinKeyId,
  expiresAt: Type.Union([Timestamp, Type.Null()], { description: 'Null for a key that does not expire.' }),
  usesMax: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], { description: 'Null for no bound.' }),
  uses: Type.Integer({ minimum: 0, description: 'Nodes that it has let in.' }),
  usesLeft: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], { description: 'Null for no bound.' }),
  state: Type.Enum(['active', 'expired', 'used_up']),
});
/** A join key without its secret. */
export type JoinKeyInfo = Static<typeof JoinKeyInfo>;

/** A join key to make. */
export const CreateJoinKey = Type.Object(
  {
    id: Type.Optional(JoinKeyId),
    expiresInSeconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 315_360_000, description: 'Without it the key does not expire.' }),
    ),
    usesMax: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Without it the key has no bound.' }),
    ),
  },
  strict,
);
/** A join key to make. */
export type CreateJoinKey = Static<typeof CreateJoinKey>;

/** A join key that was made. The secret is shown only here. */
export const CreatedJoinKey = Type.Object({ key: JoinKeyInfo, secret: JoinKey });
/** A join key that was made. */
export type CreatedJoinKey = Static<typeof CreatedJoinKey>;

/** A node that may join a closed mesh. */
export const ListedNode = Type.Object({ nodeId: MeshNodeId, note: Type.String() });
/** A node that may join a closed mesh. */
export type ListedNode = Static<typeof ListedNode>;

/** A node that was evicted and may not come back by itself. */
export const EvictedNode = Type.Object({
  nodeId: MeshNodeId,
  note: Type.String(),
  evictedAt: Timestamp,
  evictedBy: Type.String({ description: 'The operator; empty when a node did it by itself.' }),
});
/** A node that was evicted. */
export type EvictedNode = Static<typeof EvictedNode>;

/** Who may join, and the version of that rule. */
export const JoinPolicyState = Type.Object({ joinPolicy: JoinPolicy, version: Type.Integer({ minimum: 1 }) });
/** Who may join, and the version of that rule. */
export type JoinPolicyState = Static<typeof JoinPolicyState>;

/** `configuration` is what the mesh is to do, `parameter` how its software is tuned. */
export const SettingSpace = Type.Enum(['configuration', 'parameter']);
/** Name of a setting. */
export const SettingKey = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', examples: ['region.primary'] });
/** The version that the caller has read; 0 for a setting that is not there. */
export const ExpectedVersion = Type.Integer({
  minimum: 0,
  description: 'The version that the caller has read; 0 for a setting that is not there.',
});

/** A value that every member of the mesh sees. */
export const MeshSetting = Type.Object({
  space: SettingSpace,
  key: SettingKey,
  value: Type.String({ maxLength: 4096 }),
  version: Type.Integer({ minimum: 1, description: 'Never given twice.' }),
});
/** A value that every member of the mesh sees. */
export type MeshSetting = Static<typeof MeshSetting>;

/** The root keys of the mesh: one epoch at a time, sealed for each member. */
export const KeyEpoch = Type.Object({
  epoch: Type.Integer({ minimum: 0, description: '0 before there are keys.' }),
  installedAt: Type.Union([Timestamp, Type.Null()]),
  isDue: Type.Boolean({ description: 'A member has gone that knows the present key; a new one is being made.' }),
  holders: Type.Array(ShortId, { description: 'Members that the key is sealed for.' }),
  heldEpoch: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    description: 'The newest epoch whose key the asked node has opened.',
  }),
});
/** The root keys of the mesh. */
export type KeyEpoch = Static<typeof KeyEpoch>;

/** Serial number of a certificate. */
export const SerialNumber = Type.String({
  pattern: '^[0-9A-Fa-f]{1,40}$',
  description: 'Serial number of a certificate in hex.',
  examples: ['4F1D2C3B4A5968778695A4B3C2D1E0F0'],
});

/** A node or a certificate that is refused for good. */
export const Revocation = Type.Object({
  kind: Type.Enum(['node', 'certificate']),
  subject: Type.String({ description: 'Id of the node, or serial number of the certificate in upper-case hex.' }),
  note: Type.String(),
});
/** A node or a certificate that is refused for good. */
export type Revocation = Static<typeof Revocation>;

/** What to refuse from now on: a node with all that it holds, or one certificate. */
export const Revoke = Type.Union([
  Type.Object({ nodeId: MeshNodeId, note: Type.Optional(Note) }, strict),
  Type.Object({ serialNumber: SerialNumber, note: Type.Optional(Note) }, strict),
]);
/** What to refuse from now on. */
export type Revoke = Static<typeof Revoke>;
