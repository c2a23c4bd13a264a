import type { MessageInitShape } from '@bufbuild/protobuf';
import type * as api from '@peermesh/contracts/mesh';
import {
  GroupRole,
  JoinPolicy,
  MemberState,
  MeshHealth,
  type MeshSchema,
  type NodeSchema,
  PathKind,
  type PathSchema,
  RemovalReason,
  type WatchMeshResponseSchema,
} from '../gen/peermesh/mesh/v1/mesh_pb.ts';
import type { MeshChange } from '../ports.ts';

const POLICIES = {
  open: JoinPolicy.OPEN,
  key_required: JoinPolicy.KEY_REQUIRED,
  closed: JoinPolicy.CLOSED,
} as const;
const HEALTHS = {
  healthy: MeshHealth.HEALTHY,
  degraded: MeshHealth.DEGRADED,
  critical: MeshHealth.CRITICAL,
} as const;
const STATES = {
  alive: MemberState.ALIVE,
  suspect: MemberState.SUSPECT,
  failed: MemberState.FAILED,
  left: MemberState.LEFT,
} as const;
const ROLES = {
  leader: GroupRole.LEADER,
  voter: GroupRole.VOTER,
  learner: GroupRole.LEARNER,
  witness: GroupRole.WITNESS,
  none: GroupRole.NONE,
} as const;
const KINDS = {
  primary: PathKind.PRIMARY,
  disjoint: PathKind.DISJOINT,
  alternate: PathKind.ALTERNATE,
  repair: PathKind.REPAIR,
} as const;
const REMOVALS = {
  left: RemovalReason.LEFT,
  evicted: RemovalReason.EVICTED,
  replaced: RemovalReason.REPLACED,
  revoked: RemovalReason.REVOKED,
} as const;

/** A policy as the contract names it; what is none is left for its check to refuse. */
export function policyNamed(policy: JoinPolicy): string {
  return Object.entries(POLICIES).find(([, value]) => value === policy)?.[0] ?? '';
}

export function meshMessage(mesh: api.Mesh): MessageInitShape<typeof MeshSchema> {
  const { joinPolicy, health, leader, term, configurationVersion, ...same } = mesh;
  return {
    ...same,
    joinPolicy: POLICIES[joinPolicy],
    health: HEALTHS[health],
    ...(leader === null ? {} : { leader }),
    term: BigInt(term),
    configurationVersion: BigInt(configurationVersion),
  };
}

export function nodeMessage({ state, role, ...same }: api.MeshNode): MessageInitShape<typeof NodeSchema> {
  return { ...same, state: STATES[state], role: ROLES[role] };
}

export function pathMessage({ kind, cost, latencyUs, ...same }: api.MeshPath): MessageInitShape<typeof PathSchema> {
  return { ...same, kind: KINDS[kind], cost: BigInt(cost), latencyUs: BigInt(latencyUs) };
}

export function changeMessage(change: MeshChange): MessageInitShape<typeof WatchMeshResponseSchema> {
  switch (change.type) {
    case 'mesh':
      return { change: { case: 'mesh', value: meshMessage(change.mesh) } };
    case 'node': {
      const value = { node: nodeMessage(change.node), isNew: change.change === 'joined' };
      return { change: { case: 'nodeChanged', value } };
    }
    case 'removed': {
      const { shortId, nodeId, name } = change;
      return { change: { case: 'nodeRemoved', value: { shortId, nodeId, name, reason: REMOVALS[change.change] } } };
    }
    case 'link':
      return { change: { case: 'linkChanged', value: { peer: change.peer, isUp: change.isUp } } };
    case 'peer': {
      const { nodeId, name, isHealthy } = change;
      return { change: { case: 'peerChanged', value: { nodeId, name, isHealthy } } };
    }
    case 'health': {
      const value = { health: HEALTHS[change.health], unreachable: change.unreachable };
      return { change: { case: 'healthChanged', value } };
    }
    case 'leader': {
      const { leader, term } = change;
      return {
        change: { case: 'leaderChanged', value: { ...(leader === null ? {} : { leader }), term: BigInt(term) } },
      };
    }
  }
}
