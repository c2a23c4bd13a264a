import type { MetricsRegistry } from '@peermesh/telemetry';
import { type GatewayConfig, listOf } from '../config.ts';
import { Upstream } from '../proxy/upstream.ts';

/** The services that routes may name. */
export const SERVICES = ['auth', 'ingest', 'search', 'publisher', 'router', 'mesh'] as const;

/** The upstreams of the configuration, with gauges of their instances. */
export function createUpstreams(config: GatewayConfig, metrics: MetricsRegistry): ReadonlyMap<string, Upstream> {
  const urls = {
    auth: config.UPSTREAM_AUTH,
    ingest: config.UPSTREAM_INGEST,
    search: config.UPSTREAM_SEARCH,
    publisher: config.UPSTREAM_PUBLISHER,
    router: config.UPSTREAM_ROUTER,
    mesh: config.UPSTREAM_MESH,
  };
  const options = {
    connectionsMax: config.UPSTREAM_CONNECTIONS_MAX,
    connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
  };
  const upstreams = new Map(
    SERVICES.map((service) => [service, new Upstream(service, listOf(urls[service]), options)]),
  );
  metrics.gauge({
    name: 'gateway_upstream_in_flight',
    help: 'Requests in progress at an instance.',
    labels: ['upstream', 'target'],
    collect: (gauge) => {
      for (const { service, targets } of upstreams.values()) {
        for (const target of targets) gauge.set({ upstream: service, target: target.url }, target.inFlight);
      }
    },
  });
  metrics.gauge({
    name: 'gateway_upstream_ejected',
    help: '1 while an instance is passed over after broken connections.',
    labels: ['upstream', 'target'],
    collect: (gauge) => {
      const nowMs = performance.now();
      for (const { service, targets } of upstreams.values()) {
        for (const target of targets)
          gauge.set({ upstream: service, target: target.url }, target.ejectedUntilMs > nowMs ? 1 : 0);
      }
    },
  });
  return upstreams;
}
