import { DEFAULT_MESH_CORE, type MeshCoreConfig } from '@peermesh/mesh-core';
import type { MeshNodeConfig } from '../config.ts';
import type { QueueLimits } from '../data/index.ts';
import { DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from '../transport/index.ts';

/** What connections may cost, by configuration. A peer has two heartbeats' time at least to take what waits for it. */
export function transportLimitsOf({ MESH_HEARTBEAT_MS, MESH_SEND_QUEUE_MAX }: MeshNodeConfig): TransportLimits {
  const { stallMs } = DEFAULT_TRANSPORT_LIMITS;
  return {
    ...DEFAULT_TRANSPORT_LIMITS,
    heartbeatMs: MESH_HEARTBEAT_MS,
    sendQueueMax: MESH_SEND_QUEUE_MAX,
    stallMs: Math.max(stallMs, 2 * MESH_HEARTBEAT_MS),
  };
}

/** How best-effort messages wait, by configuration. */
export function queueLimitsOf({
  MESH_SEND_QUEUE_MAX,
  MESH_SEND_BLOCK_MS,
  MESH_SEND_OVERFLOW,
}: MeshNodeConfig): QueueLimits {
  return { itemsMax: MESH_SEND_QUEUE_MAX, blockMs: MESH_SEND_BLOCK_MS, overflow: MESH_SEND_OVERFLOW };
}

/** The protocols, by configuration: as a relay, a node drops best effort by the same policy as what it sends itself. */
export function meshCoreConfigOf({ MESH_SEND_OVERFLOW, MESH_ROUTER_FRESH_MS }: MeshNodeConfig): MeshCoreConfig {
  const { overlay } = DEFAULT_MESH_CORE;
  const { routing } = overlay;
  const offers = { ...routing.offers, freshMs: MESH_ROUTER_FRESH_MS };
  return {
    ...DEFAULT_MESH_CORE,
    overlay: { ...overlay, bestEffortOverflow: MESH_SEND_OVERFLOW, routing: { ...routing, offers } },
  };
}
