import { getMesh, getStatus, join, leave, seed, watch } from './bootstrap.ts';
import { drainNode, evictNode, getNode, getPaths, getTopology, listNodes, trace } from './members.ts';
import { publish, read, subscribe } from './messages.ts';

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
  publish,
  read,
  subscribe,
} as const;
