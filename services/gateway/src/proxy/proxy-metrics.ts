import type { MetricsRegistry } from '@peermesh/telemetry';
import { DURATION_BUCKETS_SECONDS } from '@peermesh/telemetry';

/** What the data plane reports. */
export interface ProxyMetrics {
  finished(route: string, method: string, status: number, seconds: number): void;
  retried(route: string, reason: string): void;
  refused(route: string, reason: string): void;
  clientGone(route: string): void;
  upstreamFailed(upstream: string, reason: string): void;
}

/** Registers the metrics of the data plane. */
export function createProxyMetrics(metrics: MetricsRegistry): ProxyMetrics {
  const duration = metrics.histogram({
    name: 'gateway_request_duration_seconds',
    help: 'From the first byte of a proxied request to the last byte of its answer.',
    labels: ['route', 'method', 'status'],
    buckets: DURATION_BUCKETS_SECONDS,
  });
  const retries = metrics.counter({
    name: 'gateway_retries_total',
    help: 'Attempts after the first one.',
    labels: ['route', 'reason'],
  });
  const refusals = metrics.counter({
    name: 'gateway_refusals_total',
    help: 'Requests that the gateway answered itself, by catalogue code.',
    labels: ['route', 'code'],
  });
  const gone = metrics.counter({
    name: 'gateway_client_gone_total',
    help: 'Requests whose client left before the answer was complete.',
    labels: ['route'],
  });
  const failures = metrics.counter({
    name: 'gateway_upstream_failures_total',
    help: 'Attempts that got no usable answer.',
    labels: ['upstream', 'reason'],
  });
  return {
    finished: (route, method, status, seconds) =>
      duration.observe({ route, method, status: statusClass(status) }, seconds),
    retried: (route, reason) => retries.inc({ route, reason }),
    refused: (route, code) => refusals.inc({ route, code }),
    clientGone: (route) => gone.inc({ route }),
    upstreamFailed: (upstream, reason) => failures.inc({ upstream, reason }),
  };
}

function statusClass(status: number): string {
  return status < 300 ? '2xx' : status < 400 ? '3xx' : status < 500 ? '4xx' : '5xx';
}
