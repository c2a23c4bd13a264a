import type { NodeStatus } from '@peermesh/contracts/mesh';

/** What the process adds to what the mesh knows of the node. */
export type NodeReport = Pick<
  NodeStatus,
  'backends' | 'pendingFacts' | 'lostFacts' | 'eventLoopDelayMs' | 'uptimeSeconds'
>;
