import type { GeneratedFile } from '../generated-file.ts';

/** One panel of the dashboard. */
export interface Panel {
  readonly title: string;
  readonly unit: 'reqps' | 's' | 'percentunit' | 'short' | 'bytes';
  readonly legend: string;
  readonly expression: string;
}

const WIDTH = 12;
const HEIGHT = 8;

/** The panels, in reading order: what callers see, what flows, what the processes use. */
export const panels: readonly Panel[] = [
  {
    title: 'Requests',
    unit: 'reqps',
    legend: '{{service}} {{status}}',
    expression: 'sum by (service, status) (rate(http_request_duration_seconds_count[5m]))',
  },
  {
    title: 'p99 by service',
    unit: 's',
    legend: '{{service}}',
    expression: 'histogram_quantile(0.99, sum by (le, service) (rate(http_request_duration_seconds_bucket[5m])))',
  },
  {
    title: 'Gateway: p99 by route',
    unit: 's',
    legend: '{{route}}',
    expression: 'histogram_quantile(0.99, sum by (le, route) (rate(gateway_request_duration_seconds_bucket[5m])))',
  },
  {
    title: 'Gateway: refused and failed',
    unit: 'reqps',
    legend: 'refused',
    expression: 'sum(rate(gateway_refusals_total[5m])) + sum(rate(gateway_upstream_failures_total[5m]))',
  },
  {
    title: 'Realtime connections',
    unit: 'short',
    legend: '{{instance}}',
    expression: 'sum by (instance) (gateway_realtime_connections)',
  },
  {
    title: 'Events consumed',
    unit: 'reqps',
    legend: '{{consumer}} {{outcome}}',
    expression: 'sum by (consumer, outcome) (rate(consumer_events_total[5m]))',
  },
  {
    title: 'Oldest event in an outbox',
    unit: 's',
    legend: '{{module}}',
    expression: 'max by (module) (outbox_oldest_age_seconds)',
  },
  {
    title: 'Event-loop delay p99',
    unit: 's',
    legend: '{{service}}',
    expression: 'max by (service) (nodejs_eventloop_lag_p99_seconds)',
  },
  {
    title: 'Mesh: p99 of durable writes',
    unit: 's',
    legend: '{{instance}}',
    expression: 'histogram_quantile(0.99, sum by (le, instance, group) (rate(mesh_group_fsync_seconds_bucket[5m])))',
  },
  {
    title: 'Mesh: entries that members are behind',
    unit: 'short',
    legend: '{{instance}}',
    expression: 'scalar(max(mesh_control_group_commit_index)) - mesh_control_group_commit_index',
  },
  {
    title: 'Mesh: round-trip time of lanes',
    unit: 's',
    legend: '{{instance}} to {{peer}} {{class}}',
    expression: 'max by (instance, peer, class) (mesh_lane_rtt_seconds)',
  },
  {
    title: 'Mesh: frames dropped',
    unit: 'reqps',
    legend: '{{reason}} {{delivery}} {{class}}',
    expression: 'sum by (reason, delivery, class) (deriv(mesh_dropped_frames[5m]))',
  },
  {
    title: 'Memory',
    unit: 'bytes',
    legend: '{{service}}',
    expression: 'sum by (service) (process_resident_memory_bytes)',
  },
  {
    title: 'CPU',
    unit: 'percentunit',
    legend: '{{service}}',
    expression: 'sum by (service) (rate(process_cpu_seconds_total[5m]))',
  },
];

/** The dashboard of the fleet as Grafana provisions it. */
export function fleetDashboardFile(): GeneratedFile {
  const dashboard = {
    uid: 'peermesh-fleet',
    title: 'PeerMesh fleet',
    schemaVersion: 41,
    refresh: '15s',
    time: { from: 'now-1h', to: 'now' },
    panels: panels.map(({ title, unit, legend, expression }, index) => ({
      id: index + 1,
      type: 'timeseries',
      title,
      datasource: { type: 'prometheus', uid: 'prometheus' },
      gridPos: { w: WIDTH, h: HEIGHT, x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT },
      fieldConfig: { defaults: { unit }, overrides: [] },
      targets: [{ refId: 'A', expr: expression, legendFormat: legend }],
    })),
  };
  return { path: 'infra/observability/grafana/dashboards/fleet.json', text: `${JSON.stringify(dashboard, null, 2)}\n` };
}
