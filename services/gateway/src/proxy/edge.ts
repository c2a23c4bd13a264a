import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DecisionLog } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import type { RouteTable } from '../domain/route-table.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import { Admission } from './admission.ts';
import type { ClientAddresses } from './client-address.ts';
import { Exchange } from './exchange.ts';
import { Forwarding } from './forwarding.ts';
import type { Identities } from './identity.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';
import type { Upstream } from './upstream.ts';

/** Everything that an exchange uses. `table` is replaced as a whole when the routes change. */
export interface EdgeParts {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly identities: Identities;
  readonly limiter: RateLimiter;
  readonly addresses: ClientAddresses;
  readonly metrics: ProxyMetrics;
  readonly decisions: DecisionLog;
  readonly logger: Logger;
  table: RouteTable;
  isDraining: boolean;
}

const REQUEST_ID = /^[A-Za-z0-9_.:-]{8,128}$/;

/** Handles one request that is not for the gateway itself. */
export function handleProxied(parts: EdgeParts, request: IncomingMessage, response: ServerResponse): void {
  const exchange = new Exchange(parts, request, response, requestIdOf(request));
  const forwarding = new Forwarding(exchange);
  response.on('close', () => {
    forwarding.close();
    exchange.finish();
    // An answer that began before the drain has promised to keep the connection open.
    if (parts.isDraining) request.socket.end();
  });
  new Admission(exchange, () => forwarding.start()).run();
}

/** The caller's request id when it is usable, a new one otherwise. */
export function requestIdOf(request: IncomingMessage): string {
  const header = request.headers['x-request-id'];
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : randomUUID();
}
