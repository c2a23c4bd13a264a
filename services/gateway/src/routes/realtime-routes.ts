import type { IncomingMessage, Server } from 'node:http';
import { gatewayRoutes } from '@peermesh/contracts/gateway';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { SseEndpoint } from '../realtime/sse-endpoint.ts';
import type { TicketStore } from '../realtime/tickets.ts';
import type { WebSocketEndpoint } from '../realtime/websocket-endpoint.ts';

/** Event streams, tickets, and the upgrade of the server itself. */
export function mountRealtimeRoutes(
  app: FastifyInstance,
  parts: { readonly sse: SseEndpoint; readonly websocket: WebSocketEndpoint; readonly tickets: TicketStore },
): void {
  app.get(gatewayRoutes.connectRealtime.path, async (request, reply) => {
    await parts.sse.open(request.raw, reply.raw, request.id);
    return reply.hijack();
  });
  mountRoute(app, gatewayRoutes.createRealtimeTicket, async ({ principal }) => {
    const { ticket, expiresAt } = await parts.tickets.issue(principal);
    return {
      status: 201 as const,
      body: { ticket, expiresAt: expiresAt.toISOString() },
      headers: { 'cache-control': 'no-store' },
    };
  });
  // Some clients offer HTTP/2 on every request; that is no reason to refuse what they ask for.
  const { server } = app as { server: Server & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean } };
  server.shouldUpgradeCallback = (request) => request.headers.upgrade?.toLowerCase() === 'websocket';
  server.on('upgrade', (request, socket, head) => parts.websocket.upgrade(request, socket, head));
}
