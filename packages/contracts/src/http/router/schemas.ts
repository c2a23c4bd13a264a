import { type Static, Type } from 'typebox';
import { AdvertisedMeshLink, LinkStateVersion, MeshId, NodeFlags, ShortId } from '../../events/mesh.ts';
import { IdSchema } from '../../ids.ts';
import { Timestamp } from '../../timestamps.ts';

const strict = { additionalProperties: false } as const;
const Label = Type.String({ minLength: 1, maxLength: 64 });
const List = { maxItems: 256 } as const;

/** Paths that one request may ask for. */
export const PATHS_MAX = 64;

/** What relays and links of a path must satisfy. */
export const RouteConstraints = Type.Object(
  {
    latencyMaxUs: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Sum of the round-trip times of the links.', examples: [80_000] }),
    ),
    bandwidthMinKbps: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Spare bandwidth of every link.', examples: [10_000] }),
    ),
    disjointness: Type.Optional(
      Type.Enum(['node', 'link', 'risk-group'], {
        description: 'Two paths that share no relay, no link, or no shared-risk group, in place of the cheapest ones.',
      }),
    ),
    avoidNodes: Type.Optional(Type.Array(ShortId, List)),
    avoidRegions: Type.Optional(Type.Array(Label, List)),
    avoidTenants: Type.Optional(Type.Array(Label, List)),
    avoidRiskGroups: Type.Optional(Type.Array(Type.Integer({ minimum: 0, maximum: 4_294_967_295 }), List)),
  },
  strict,
);
/** What relays and links of a path must satisfy. */
export type RouteConstraints = Static<typeof RouteConstraints>;

/** A mesh as the link-state database holds it. */
export const RoutedMesh = Type.Object({
  meshId: MeshId,
  revision: Type.Integer({ minimum: 1, description: 'Counts the changes of its link states.' }),
  nodes: Type.Integer({ minimum: 0 }),
  changedAt: Timestamp,
});
/** A mesh as the link-state database holds it. */
export type RoutedMesh = Static<typeof RoutedMesh>;

/** What a node last said about its links. */
export const LinkState = Type.Object({
  origin: ShortId,
  nodeId: Type.Union([Type.String(), Type.Null()]),
  name: Type.String(),
  version: LinkStateVersion,
  flags: NodeFlags,
  region: Type.String(),
  tenant: Type.String(),
  changedAt: Timestamp,
  links: Type.Array(AdvertisedMeshLink),
});
/** What a node last said about its links. */
export type LinkState = Static<typeof LinkState>;

/** The link states of a mesh, now or at a time. */
export const RoutedTopology = Type.Object({
  meshId: MeshId,
  at: Timestamp,
  revision: Type.Integer({ minimum: 0, description: 'The newest change that is part of it.' }),
  nodes: Type.Array(LinkState),
});
/** The link states of a mesh, now or at a time. */
export type RoutedTopology = Static<typeof RoutedTopology>;

/** A question for paths. */
export const PathRequest = Type.Object(
  {
    source: ShortId,
    destination: ShortId,
    k: Type.Optional(Type.Integer({ minimum: 1, maximum: PATHS_MAX, default: 4, description: 'Paths at most.' })),
    stretchMax: Type.Optional(
      Type.Number({ minimum: 1, maximum: 1000, default: 1.5, description: 'Times the cost of the cheapest path.' }),
    ),
    constraints: Type.Optional(RouteConstraints),
    without: Type.Optional(
      Type.Object(
        {
          nodes: Type.Optional(Type.Array(ShortId, List)),
          links: Type.Optional(
            Type.Array(Type.Array(ShortId, { minItems: 2, maxItems: 2 }), {
              ...List,
              description: 'Pairs of neighbours; both directions are taken away.',
            }),
          ),
        },
        { ...strict, description: 'What if these were gone.' },
      ),
    ),
    applyPolicies: Type.Optional(Type.Boolean({ default: true })),
  },
  strict,
);
/** A question for paths. */
export type PathRequest = Static<typeof PathRequest>;

/** A path as frames carry it. */
export const RoutedPath = Type.Object({
  segments: Type.Array(ShortId, { description: 'Every node after the source, the destination last.' }),
  cost: Type.Integer({ minimum: 0 }),
  latencyUs: Type.Integer({ minimum: 0 }),
  spareKbps: Type.Integer({ minimum: 0, description: 'The narrowest link.' }),
  share: Type.Integer({ minimum: 0, maximum: 256, description: 'Of 256 parts of the traffic; 0 is a backup.' }),
});
/** A path as frames carry it. */
export type RoutedPath = Static<typeof RoutedPath>;

const PolicyId = IdSchema('routePolicy');

/** Paths, cheapest first, or the reason why there is none. */
export const PathAnswer = Type.Object({
  meshId: MeshId,
  revision: Type.Integer({ minimum: 0 }),
  source: ShortId,
  destination: ShortId,
  paths: Type.Array(RoutedPath),
  reason: Type.Union([
    Type.Enum(['unknown-source', 'unknown-destination', 'unreachable', 'constraints', 'disjointness']),
    Type.Null(),
  ]),
  policies: Type.Array(PolicyId, { description: 'Policies that took part.' }),
  isCached: Type.Boolean(),
});
/** Paths, cheapest first, or the reason why there is none. */
export type PathAnswer = Static<typeof PathAnswer>;

/** The paths of one node to one destination. */
export const NodeRoute = Type.Object({
  destination: ShortId,
  paths: Type.Array(RoutedPath),
  disjoint: Type.Union([
    Type.Object({
      kind: Type.Enum(['node', 'link']),
      first: Type.Integer({ minimum: 0, description: 'Index into the paths.' }),
      second: Type.Integer({ minimum: 0 }),
    }),
    Type.Null(),
  ]),
});
/** The paths of one node to one destination. */
export type NodeRoute = Static<typeof NodeRoute>;

/** All paths of one node, for that node to install. */
export const NodeRoutes = Type.Object({
  meshId: MeshId,
  revision: Type.Integer({ minimum: 0 }),
  source: ShortId,
  nodeId: Type.Union([Type.String(), Type.Null()], { description: 'Key of the node, as it is known here.' }),
  tag: Type.String({ maxLength: 64, description: 'Names the answer: while it stays the same, so do the routes.' }),
  computedAt: Timestamp,
  validUntil: Timestamp,
  validForMs: Type.Integer({ minimum: 0, description: '`validUntil` for clocks that are not the same.' }),
  isUnchanged: Type.Boolean({ description: 'The caller has this answer: `basis` and `routes` are left empty.' }),
  basis: Type.Array(Type.Object({ origin: ShortId, version: LinkStateVersion }), {
    description: 'The link states that the routes were computed from.',
  }),
  routes: Type.Array(NodeRoute),
});
/** All paths of one node, for that node to install. */
export type NodeRoutes = Static<typeof NodeRoutes>;

/** A node's own question for its routes. */
export const NodeRoutesRequest = Type.Object(
  {
    proof: Type.String({
      minLength: 20,
      maxLength: 2048,
      description: 'JWT of type `peermesh-node+jwt`, signed with the key of the node, for the audience `router`.',
    }),
    known: Type.Optional(Type.String({ maxLength: 64, description: '`tag` of the answer that the node has.' })),
  },
  strict,
);
/** A node's own question for its routes. */
export type NodeRoutesRequest = Static<typeof NodeRoutesRequest>;

const policy = {
  name: Type.String({ minLength: 1, maxLength: 128, examples: ['keep tenant traffic in Europe'] }),
  meshId: MeshId,
  source: Type.Union([ShortId, Type.Null()], { description: 'Null for every source.' }),
  destination: Type.Union([ShortId, Type.Null()], { description: 'Null for every destination.' }),
  constraints: RouteConstraints,
  isEnabled: Type.Boolean(),
};

/** Constraints that hold for every computation between these ends. */
export const RoutePolicy = Type.Object({
  id: PolicyId,
  ...policy,
  version: Type.Integer({ minimum: 1 }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
/** Constraints that hold for every computation between these ends. */
export type RoutePolicy = Static<typeof RoutePolicy>;

/** A new policy. */
export const CreateRoutePolicy = Type.Object(
  {
    ...policy,
    source: Type.Optional({ ...policy.source, default: null }),
    destination: Type.Optional({ ...policy.destination, default: null }),
    isEnabled: Type.Optional({ ...policy.isEnabled, default: true }),
  },
  strict,
);
/** A new policy. */
export type CreateRoutePolicy = Static<typeof CreateRoutePolicy>;

/** What changes of a policy; `version` is the one that the change was made from. */
export const UpdateRoutePolicy = Type.Object(
  {
    version: Type.Integer({ minimum: 1 }),
    name: Type.Optional(policy.name),
    source: Type.Optional(policy.source),
    destination: Type.Optional(policy.destination),
    constraints: Type.Optional(policy.constraints),
    isEnabled: Type.Optional(policy.isEnabled),
  },
  strict,
);
/** What changes of a policy. */
export type UpdateRoutePolicy = Static<typeof UpdateRoutePolicy>;
