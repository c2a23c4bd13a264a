import { type Static, Type } from 'typebox';
import { MeshHealth, MeshId, MeshNodeId, NodeFlags, ShortId } from '../../events/mesh.ts';

const strict = { additionalProperties: false } as const;
const U32_MAX = 4_294_967_295;

/** Who may join: anybody who knows the mesh id, who holds a join key, or who is on the list. */
export const JoinPolicy = Type.Enum(['open', 'key_required', 'closed']);
/** Who may join. */
export type JoinPolicy = Static<typeof JoinPolicy>;

/** Where a node is reached. */
export const NodeAddress = Type.String({
  pattern: '^(wss?|grpcs?)://[^\\s/]{1,255}$',
  maxLength: 512,
  examples: ['ws://10.0.0.7:8201'],
});

/** Names a node: its id, its number, or its name. */
export const NodeReference = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,64}$',
  description: 'Id, number or name of a node.',
  examples: ['quay-3'],
});

/** Begins a mesh. */
export const SeedMesh = Type.Object({ meshId: MeshId, joinPolicy: JoinPolicy }, strict);

/** The secret that a newcomer shows; only its hash is stored. */
export const JoinKey = Type.String({
  pattern: '^[A-Za-z0-9_-]{16,128}$',
  examples: ['mjk_0c9f2c6c1d7e4a0f9b1d2e3f4a5b6c7d'],
});

/** Joins a mesh through one of its nodes. */
export const JoinMesh = Type.Object(
  {
    meshId: MeshId,
    addresses: Type.Array(NodeAddress, { minItems: 1, maxItems: 32, uniqueItems: true }),
    joinKey: Type.Optional(JoinKey),
  },
  strict,
);

/** Whether a member answers, as the node that was asked sees it. */
export const MemberState = Type.Enum(['alive', 'suspect', 'failed', 'left']);

/** A member of the mesh. */
export const MeshNode = Type.Object({
  shortId: ShortId,
  nodeId: MeshNodeId,
  name: Type.String(),
  region: Type.String({ description: 'Empty when unset.' }),
  addresses: Type.Array(Type.String(), { description: 'None for a node that only dials out.' }),
  state: MemberState,
  role: Type.Enum(['leader', 'voter', 'learner', 'witness', 'none'], {
    description: 'Its part in the control group.',
  }),
  isSelf: Type.Boolean({ description: 'Whether this node answered.' }),
  isDraining: Type.Boolean(),
});
/** A member of the mesh. */
export type MeshNode = Static<typeof MeshNode>;

/** The mesh as its control group knows it. */
export const Mesh = Type.Object({
  meshId: MeshId,
  joinPolicy: JoinPolicy,
  health: MeshHealth,
  self: ShortId,
  leader: Type.Union([ShortId, Type.Null()]),
  term: Type.Integer({ minimum: 0 }),
  members: Type.Integer({ minimum: 1 }),
  unreachable: Type.Integer({ minimum: 0 }),
  voters: Type.Array(ShortId),
  learners: Type.Array(ShortId),
  configurationVersion: Type.Integer({ minimum: 0 }),
});
/** The mesh as its control group knows it. */
export type Mesh = Static<typeof Mesh>;

/** A seeded mesh. The join key is shown only here. */
export const SeededMesh = Type.Object({ mesh: Mesh, joinKey: Type.Union([JoinKey, Type.Null()]) });

/** One lane of a link. */
export const LaneStatus = Type.Object({
  lane: Type.Integer({ minimum: 0, maximum: 255 }),
  class: Type.Enum(['control', 'priority', 'bulk']),
  state: Type.Enum(['up', 'suspect', 'down', 'probation', 'absent']),
  rttMs: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
});

/** A neighbour and the link to it. */
export const LinkStatus = Type.Object({
  peer: Type.Union([ShortId, Type.Null()]),
  nodeId: MeshNodeId,
  name: Type.String(),
  isUp: Type.Boolean(),
  isHealthy: Type.Boolean({
    description: 'False from three missed signs of life until there is a new connection.',
  }),
  isDialled: Type.Boolean(),
  rttMs: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
  lossRatio: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]),
  sentBytes: Type.Integer({ minimum: 0 }),
  receivedBytes: Type.Integer({ minimum: 0 }),
  queuedBytes: Type.Integer({ minimum: 0 }),
  lanes: Type.Array(LaneStatus),
});
/** A neighbour and the link to it. */
export type LinkStatus = Static<typeof LinkStatus>;

/** Whose route it is: taken from the router, or computed by the node itself. */
export const RouteBy = Type.Enum(['router', 'node']);

/** What one node knows of itself. */
export const NodeStatus = Type.Object({
  nodeId: MeshNodeId,
  name: Type.String(),
  state: Type.Enum(['idle', 'joining', 'member', 'leaving']),
  listens: Type.Array(Type.String()),
  mesh: Type.Union([Mesh, Type.Null()]),
  links: Type.Array(LinkStatus),
  counters: Type.Record(Type.String(), Type.Number(), {
    description: 'Frames delivered, forwarded and dropped by reason, bytes, retransmissions.',
  }),
  routes: Type.Object(
    {
      router: Type.Integer({ minimum: 0 }),
      node: Type.Integer({ minimum: 0 }),
      routerAgeSeconds: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
        description: 'Since the routes of the router were last taken or confirmed; null while none are in use.',
      }),
    },
    { description: 'Destinations by whose route is used.' },
  ),
  backends: Type.Record(Type.String(), Type.Enum(['up', 'away']), {
    description: 'Stores that the node reports to. It forwards without them.',
  }),
  pendingFacts: Type.Integer({ minimum: 0, description: 'Facts that wait for PostgreSQL.' }),
  lostFacts: Type.Integer({ minimum: 0, description: 'Facts that found no room while PostgreSQL was away.' }),
  eventLoopDelayMs: Type.Number({ minimum: 0, description: 'p99 of the last interval.' }),
  uptimeSeconds: Type.Number({ minimum: 0 }),
});
/** What one node knows of itself. */
export type NodeStatus = Static<typeof NodeStatus>;

/** One direction of a link in the topology. */
export const TopologyLink = Type.Object({
  from: ShortId,
  to: ShortId,
  latencyUs: Type.Integer({ minimum: 0 }),
  lossPpm: Type.Integer({ minimum: 0 }),
  spareKbps: Type.Integer({ minimum: 0 }),
  cost: Type.Integer({ minimum: 0, maximum: U32_MAX }),
});

/** The links by which the asked node routes. */
export const Topology = Type.Object({
  meshId: MeshId,
  nodes: Type.Array(
    Type.Object({
      shortId: ShortId,
      name: Type.String(),
      region: Type.String(),
      flags: NodeFlags,
      isLastResort: Type.Boolean({
        description: 'It drains and carries traffic of others all the same, because some have no other way.',
      }),
      isReachable: Type.Boolean(),
      routeBy: Type.Union([RouteBy, Type.Null()], {
        description: 'Whose route the asked node uses to it; null for itself and what is out of reach.',
      }),
    }),
  ),
  links: Type.Array(TopologyLink),
});
/** The links by which the asked node routes. */
export type Topology = Static<typeof Topology>;

/** One way from a node to another. */
export const MeshPath = Type.Object({
  kind: Type.Enum(['primary', 'disjoint', 'alternate', 'repair']),
  hops: Type.Array(ShortId, { description: 'From the first to the last node, both included.' }),
  cost: Type.Integer({ minimum: 0 }),
  latencyUs: Type.Integer({ minimum: 0 }),
  share: Type.Number({ minimum: 0, maximum: 1, description: 'Part of multi-path traffic that takes it.' }),
  computedBy: RouteBy,
});
/** One way from a node to another. */
export type MeshPath = Static<typeof MeshPath>;

/** One answered probe of a path. */
export const TraceHop = Type.Object({
  shortId: ShortId,
  name: Type.String(),
  rttMs: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'Null when it did not answer in time.',
  }),
});
/** One answered probe of a path. */
export type TraceHop = Static<typeof TraceHop>;
