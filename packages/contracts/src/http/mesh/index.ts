import {
  admitNode,
  createJoinKey,
  getJoinPolicy,
  listAdmissions,
  listEvictions,
  listJoinKeys,
  readmitNode,
  revokeJoinKey,
  setJoinPolicy,
  unlistNode,
} from './administration.ts';
import { getMesh, getStatus, join, leave, seed, watch } from './bootstrap.ts';
import { drainNode, evictNode, getNode, getPaths, getTopology, listNodes, trace } from './members.ts';
import { publish, read, subscribe } from './messages.ts';

import {
  getKeyEpoch,
  getSetting,
  listRevocations,
  listSettings,
  putSetting,
  removeSetting,
  revoke,
  rotateKeyEpoch,
} from './security.ts';

export {
  CreatedJoinKey,
  CreateJoinKey,
  EvictedNode,
  JoinKeyInfo,
  JoinPolicyState,
  KeyEpoch,
  ListedNode,
  MeshSetting,
  Revocation,
  Revoke,
} from './administration-schemas.ts';
export { MESSAGE_BYTES_MAX, MessagesRead, PublishResult, TopicMessage } from './data-schemas.ts';
export {
  JoinPolicy,
  LinkStatus,
  Mesh,
  MeshNode,
  MeshPath,
  NodeStatus,
  Topology,
  TraceHop,
} from './schemas.ts';

/** Every route of a mesh node. */
export const meshRoutes = {
  seed,
  join,
  leave,
  getMesh,
  getStatus,
  watch,
  listNodes,
  getNode,
  evictNode,
  drainNode,
  getTopology,
  getPaths,
  trace,
  listJoinKeys,
  createJoinKey,
  revokeJoinKey,
  getJoinPolicy,
  setJoinPolicy,
  listAdmissions,
  admitNode,
  unlistNode,
  listEvictions,
  readmitNode,
  listSettings,
  getSetting,
  putSetting,
  removeSetting,
  getKeyEpoch,
  rotateKeyEpoch,
  listRevocations,
  revoke,
  publish,
  read,
  subscribe,
} as const;
