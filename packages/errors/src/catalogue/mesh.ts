import { defineError } from '../peermesh-error.ts';

/** Errors of the mesh: forming it, its members, its data. */
export const meshErrors = {
  notMember: defineError({
    code: 'PM_MESH_NOT_MEMBER',
    status: 409,
    title: 'This node belongs to no mesh',
    description:
      'The operation needs a mesh. Seed one with `POST /api/v1/mesh`, or join one with `POST /api/v1/mesh/join`.',
  }),
  alreadyMember: defineError({
    code: 'PM_MESH_ALREADY_MEMBER',
    status: 409,
    title: 'This node belongs to a mesh already',
    description: 'A node belongs to one mesh at a time. Leave that one first.',
  }),
  joinRefused: defineError({
    code: 'PM_MESH_JOIN_REFUSED',
    status: 403,
    title: 'The mesh does not admit this node',
    description:
      'The control group refused the join: `reason` says whether the key is wrong or spent, the mesh is closed, the mesh id is another, or the identity is known under another number or was evicted.',
  }),
  joinTimedOut: defineError({
    code: 'PM_MESH_JOIN_TIMED_OUT',
    status: 504,
    title: 'No node of the mesh answered in time',
    description:
      'None of the addresses could be reached, or the control group has no leader now. The node keeps trying until it is told to leave; ask for its status.',
  }),
  noQuorum: defineError({
    code: 'PM_MESH_NO_QUORUM',
    status: 503,
    title: 'The control group cannot decide now',
    description:
      'There is no leader, or half of the members and more are away. While the mesh is critical only an eviction with `override` is possible.',
  }),
  voteNeeded: defineError({
    code: 'PM_MESH_VOTE_NEEDED',
    status: 409,
    title: 'Those who stay could not decide without this node',
    description:
      'The node to be removed votes in the control group, and of the other voters too many are away: without its vote nothing could be decided any more. Nothing was changed. Bring back or evict those who are away first; `away` names them.',
  }),
  outcomeUnknown: defineError({
    code: 'PM_MESH_OUTCOME_UNKNOWN',
    status: 504,
    title: 'The control group did not confirm in time',
    description: 'The change may or may not take effect. Read the state, then repeat with the same `Idempotency-Key`.',
  }),
  refused: defineError({
    code: 'PM_MESH_REFUSED',
    status: 409,
    title: 'The control group refused the change',
    description: '`reason` names the rule that it would break.',
  }),
  nodeUnknown: defineError({
    code: 'PM_MESH_NODE_UNKNOWN',
    status: 404,
    title: 'No such node is known to this mesh',
    description: 'Name a node by its id, by its number or by its name.',
  }),
  unreachable: defineError({
    code: 'PM_MESH_UNREACHABLE',
    status: 503,
    title: 'No path leads to this node now',
    description: 'The topology that this node knows holds no usable path to the destination.',
  }),
  busy: defineError({
    code: 'PM_MESH_BUSY',
    status: 429,
    title: 'The node cannot take more messages now',
    description:
      'Queues towards subscribers or the log are full. Retry after `Retry-After` seconds; nothing was taken.',
  }),
  offsetGone: defineError({
    code: 'PM_MESH_OFFSET_GONE',
    status: 410,
    title: 'The messages at this offset are no longer kept',
    description: 'Retention removed them. `firstOffset` is the oldest that can be read.',
  }),
  recordDamaged: defineError({
    code: 'PM_MESH_RECORD_DAMAGED',
    status: 500,
    title: 'A stored message is damaged',
    description:
      'The disk of this node gives a message back that is not what was written; `detail` names its offset. Go on behind it, or read the topic at another node.',
  }),
  storageFailed: defineError({
    code: 'PM_MESH_STORAGE_FAILED',
    status: 503,
    title: 'The node cannot write to its disk',
    description: 'The disk is full or failing. Nothing was acknowledged; the node forwards but stores nothing.',
  }),
} as const;
