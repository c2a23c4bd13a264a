import { type Static, Type } from 'typebox';
import { defineEvent } from '../define-event.ts';

const U32_MAX = 4_294_967_295;

/** Name of a mesh, chosen when it is seeded. */
export const MeshId = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', examples: ['harbour'] });
/** A node's Ed25519 public key, base64url without padding. */
export const MeshNodeId = Type.String({
  pattern: '^[A-Za-z0-9_-]{43}$',
  description: 'Ed25519 public key of the node, base64url.',
  examples: ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'],
});
/** The number that the control group gave a node; never given twice in one mesh. */
export const ShortId = Type.Integer({ minimum: 1, maximum: U32_MAX, description: 'Number of the node in its mesh.' });

const Label = Type.String({ maxLength: 64, description: 'Empty when unset.' });

/** Whether a mesh can decide: fewer than half of the members away, or half and more. */
export const MeshHealth = Type.Enum(['healthy', 'degraded', 'critical']);
/** Whether a mesh can decide. */
export type MeshHealth = Static<typeof MeshHealth>;

/** Orders the advertisements of one node: `epoch` counts its starts, `sequence` counts inside one start. */
export const LinkStateVersion = Type.Object({
  epoch: Type.Integer({ minimum: 0, maximum: U32_MAX }),
  sequence: Type.Integer({ minimum: 0, maximum: U32_MAX }),
});

/** What a node says about itself to whoever computes paths. */
export const NodeFlags = Type.Object({
  inbound: Type.Boolean({ description: 'Accepts connections from outside.' }),
  relay: Type.Boolean({ description: 'Forwards traffic of others.' }),
  drain: Type.Boolean({ description: 'Is being taken out of service: no traffic of others goes through it.' }),
  overload: Type.Boolean({ description: 'Is short of resources: used only where nothing else is left.' }),
});

/** One direction of a link with its measured components. */
export const AdvertisedMeshLink = Type.Object({
  peer: ShortId,
  linkId: Type.Integer({ minimum: 0, maximum: U32_MAX }),
  latencyUs: Type.Integer({ minimum: 0, description: 'Smoothed round-trip time.' }),
  jitterUs: Type.Integer({ minimum: 0, description: 'Smoothed variation of the round-trip time.' }),
  lossPpm: Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Lost frames per million.' }),
  spareKbps: Type.Integer({ minimum: 0, description: 'Bandwidth that is not in use.' }),
  weight: Type.Integer({ minimum: 0, maximum: 65_535, description: 'Set by an operator: makes a link dearer.' }),
  penalty: Type.Integer({ minimum: 0, description: 'What the flap history adds to its cost, in cost units.' }),
  riskGroups: Type.Array(Type.Integer({ minimum: 0, maximum: U32_MAX }), {
    maxItems: 64,
    description: 'Shared-risk groups: a cable, a provider, a room.',
  }),
});
/** One direction of a link. */
export type AdvertisedMeshLink = Static<typeof AdvertisedMeshLink>;

/** A node's view of its own links changed. */
export const LinkStateChanged = defineEvent({
  type: 'peermesh.mesh.link_state_changed.v1',
  subject: 'mesh.link_state_changed',
  stream: 'MESH',
  description:
    'A node advertised another state of its links. Versions of one origin are totally ordered; consumers keep the newest.',
  data: Type.Object({
    meshId: MeshId,
    origin: ShortId,
    nodeId: Type.Union([MeshNodeId, Type.Null()], { description: 'Null while the reporter does not know the key.' }),
    name: Label,
    version: LinkStateVersion,
    flags: NodeFlags,
    withdrawn: Type.Boolean({ description: 'The last word of a node that leaves, or that was forgotten.' }),
    region: Label,
    tenant: Label,
    lifetimeMs: Type.Integer({ minimum: 0, description: 'For how long it is believed without being repeated.' }),
    links: Type.Array(AdvertisedMeshLink, { maxItems: 4096 }),
  }),
});

const member = {
  meshId: MeshId,
  shortId: ShortId,
  nodeId: MeshNodeId,
  name: Label,
  region: Label,
};

/** The control group admitted a node. */
export const NodeJoined = defineEvent({
  type: 'peermesh.mesh.node_joined.v1',
  subject: 'mesh.node_joined',
  stream: 'MESH',
  description: 'The control group admitted a node and gave it its number.',
  data: Type.Object(member),
});

/** A node left of its own accord. */
export const NodeLeft = defineEvent({
  type: 'peermesh.mesh.node_left.v1',
  subject: 'mesh.node_left',
  stream: 'MESH',
  description: 'A node left the mesh of its own accord.',
  data: Type.Object(member),
});

/** An operator removed a node. */
export const NodeEvicted = defineEvent({
  type: 'peermesh.mesh.node_evicted.v1',
  subject: 'mesh.node_evicted',
  stream: 'MESH',
  description: 'An operator removed a node; its key is refused until it is admitted again.',
  data: Type.Object({ ...member, override: Type.Boolean({ description: 'Decided without a majority.' }) }),
});

/** What operators decide in a mesh besides its members. */
export const MeshDecision = Type.Enum([
  'join_key_added',
  'join_key_removed',
  'node_listed',
  'node_unlisted',
  'node_readmitted',
  'node_revoked',
  'certificate_revoked',
  'join_policy_changed',
  'setting_changed',
  'key_epoch_begun',
]);
/** What operators decide in a mesh besides its members. */
export type MeshDecision = Static<typeof MeshDecision>;

/** An operator changed who may join, what is refused, or how the mesh is set. */
export const MeshAdministered = defineEvent({
  type: 'peermesh.mesh.administered.v1',
  subject: 'mesh.administered',
  stream: 'MESH',
  description: 'The control group committed a decision of an operator. Never holds a secret.',
  data: Type.Object({
    meshId: MeshId,
    decision: MeshDecision,
    about: Type.String({
      maxLength: 256,
      description: 'Id of the join key or node, serial number, name of the setting, policy, or number of the epoch.',
    }),
    operator: Type.String({ maxLength: 256, description: 'Who asked; empty when the mesh did it by itself.' }),
    node: ShortId,
    index: Type.Integer({ minimum: 1, description: 'Place in the log of the control group.' }),
  }),
});

/** A member stopped or began to answer. */
export const NodeFailed = defineEvent({
  type: 'peermesh.mesh.node_failed.v1',
  subject: 'mesh.node_failed',
  stream: 'MESH',
  description: 'A member does not answer any more, or answers again (`recovered`). It stays a member.',
  data: Type.Object({
    ...member,
    recovered: Type.Boolean(),
    observedBy: ShortId,
  }),
});

/** A peer stopped or began to give signs of life to one node. */
export const PeerHealthChanged = defineEvent({
  type: 'peermesh.mesh.peer_health_changed.v1',
  subject: 'mesh.peer_health_changed',
  stream: 'MESH',
  description:
    'A peer gives one node no sign of life any more, or gives one again. Others may reach it: `mesh.node_failed` says when nobody does. Told at most once in ten seconds for each pair.',
  data: Type.Object({
    ...member,
    healthy: Type.Boolean(),
    observedBy: ShortId,
  }),
});

/** The mesh can decide better or worse than before. */
export const MeshStatusChanged = defineEvent({
  type: 'peermesh.mesh.status_changed.v1',
  subject: 'mesh.status_changed',
  stream: 'MESH',
  description: 'The health of the mesh, as one node sees it, changed.',
  data: Type.Object({
    meshId: MeshId,
    before: MeshHealth,
    after: MeshHealth,
    members: Type.Integer({ minimum: 0 }),
    unreachable: Type.Integer({ minimum: 0 }),
    observedBy: ShortId,
  }),
});

/** Nodes or links appeared or disappeared. */
export const TopologyChanged = defineEvent({
  type: 'peermesh.mesh.topology_changed.v1',
  subject: 'mesh.topology_changed',
  stream: 'MESH',
  description: 'Nodes or links appeared or disappeared in the topology that one node routes by.',
  data: Type.Object({
    meshId: MeshId,
    observedBy: ShortId,
    revision: Type.Integer({ minimum: 1, description: 'Counts the changes that this node stored.' }),
    nodes: Type.Integer({ minimum: 0 }),
    links: Type.Integer({ minimum: 0 }),
  }),
});
