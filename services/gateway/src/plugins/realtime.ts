import type { IncomingMessage } from 'node:http';
import { gatewayRoutes } from '@peermesh/contracts/gateway';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import type { Redis } from 'ioredis';
import type { GatewayConfig } from '../config.ts';
import type { GatewayEvents } from '../ports.ts';
import type { ClientAddresses } from '../proxy/client-address.ts';
import type { Identities } from '../proxy/identity.ts';
import { createRealtimeAdmission } from '../realtime/admission.ts';
import { RealtimeHub } from '../realtime/hub.ts';
import { createRealtimeMetrics } from '../realtime/realtime-metrics.ts';
import { createSseEndpoint, type SseEndpoint } from '../realtime/sse-endpoint.ts';
import { createTicketStore, type TicketStore } from '../realtime/tickets.ts';
import { createWebSocketEndpoint, type WebSocketEndpoint } from '../realtime/websocket-endpoint.ts';

const RECONNECT_SPREAD_MS = 5000;

/** The realtime endpoints and the hub behind them, fed from where the streams are now. */
export async function createRealtime(
  config: GatewayConfig,
  parts: {
    readonly events: GatewayEvents;
    readonly identities: Identities;
    readonly addresses: ClientAddresses;
    readonly limit: (request: IncomingMessage) => Promise<void>;
    readonly redis: Redis;
    readonly metrics: MetricsRegistry;
    readonly logger: Logger;
  },
): Promise<{ hub: RealtimeHub; sse: SseEndpoint; websocket: WebSocketEndpoint; tickets: TicketStore }> {
  const { events, identities, addresses, logger } = parts;
  const floor = await events.position();
  const hub = new RealtimeHub({
    floor,
    history: events.history,
    logger,
    metrics: createRealtimeMetrics(parts.metrics),
    isStillGood: (principal, nowMs) => identities.isStillGood(principal, nowMs),
    limits: {
      connectionsMax: config.REALTIME_CONNECTIONS_MAX,
      connectionsPerUserMax: config.REALTIME_CONNECTIONS_PER_USER_MAX,
      connectionsPerAddressMax: config.REALTIME_CONNECTIONS_PER_ADDRESS_MAX,
      ringEntriesMax: config.REALTIME_RING_ENTRIES_MAX,
      ringBytesMax: config.REALTIME_RING_BYTES_MAX,
      bufferBytesSoft: config.REALTIME_BUFFER_BYTES_SOFT,
      bufferBytesHard: config.REALTIME_BUFFER_BYTES_HARD,
      behindMaxMs: config.REALTIME_BEHIND_MAX_MS,
      heartbeatMs: config.REALTIME_HEARTBEAT_MS,
      reconnectSpreadMs: RECONNECT_SPREAD_MS,
    },
  });
  events.follow(floor, (event, stream, sequence) => hub.publish(event, stream, sequence));
  const tickets = createTicketStore(parts.redis);
  const admission = createRealtimeAdmission(identities, tickets, parts.limit);
  return {
    hub,
    tickets,
    sse: createSseEndpoint({ hub, admission, addresses }),
    websocket: createWebSocketEndpoint({
      hub,
      admission,
      addresses,
      path: gatewayRoutes.connectRealtime.path,
      logger,
    }),
  };
}
