import { services } from '../catalog.ts';

/** One alert. Its runbook is `docs/runbooks/<runbook>.md`. */
export interface AlertDefinition {
  readonly name: string;
  readonly expression: string;
  /** How long the expression must hold. */
  readonly holds: string;
  /** `page` wakes somebody, `ticket` waits for the morning. */
  readonly severity: 'page' | 'ticket';
  readonly summary: string;
  readonly runbook: string;
}

const memoryLimitBytes = services
  .map(
    ({ name, resources }) =>
      `(process_resident_memory_bytes{service="${name}"} / ${resources.memoryMiB * 1024 * 1024})`,
  )
  .join(' or ');

/** Every alert. A metric that is named here must occur in a scrape of the running fleet; an e2e test looks. */
export const alerts: readonly AlertDefinition[] = [
  {
    name: 'ServiceDown',
    expression: 'up == 0',
    holds: '1m',
    severity: 'page',
    summary: '{{ $labels.job }} at {{ $labels.instance }} does not answer scrapes.',
    runbook: 'service-down',
  },
  {
    name: 'RequestsFailing',
    expression:
      'sum by (service) (rate(http_request_duration_seconds_count{status=~"5.."}[5m])) / sum by (service) (rate(http_request_duration_seconds_count[5m])) > 0.02',
    holds: '5m',
    severity: 'page',
    summary: 'More than 2 % of the requests to {{ $labels.service }} fail with 5xx.',
    runbook: 'requests-failing',
  },
  {
    name: 'GatewayRequestsSlow',
    expression:
      'histogram_quantile(0.99, sum by (le, route) (rate(gateway_request_duration_seconds_bucket{route!~".*realtime.*"}[5m]))) > 1',
    holds: '10m',
    severity: 'ticket',
    summary: 'p99 of route {{ $labels.route }} is above one second.',
    runbook: 'gateway-requests-slow',
  },
  {
    name: 'OutboxStuck',
    expression: 'max by (module) (outbox_oldest_age_seconds) > 30',
    holds: '2m',
    severity: 'page',
    summary: 'Events of {{ $labels.module }} have waited {{ $value | humanizeDuration }} for the broker.',
    runbook: 'outbox-stuck',
  },
  {
    name: 'DeadLettersGrowing',
    expression: 'sum by (service, consumer) (increase(consumer_events_total{outcome="dead"}[15m])) > 0',
    holds: '0m',
    severity: 'ticket',
    summary: '{{ $labels.consumer }} of {{ $labels.service }} put events aside that it cannot handle.',
    runbook: 'dead-letters-growing',
  },
  {
    name: 'EventLoopBlocked',
    expression: 'nodejs_eventloop_lag_p99_seconds > 0.25',
    holds: '5m',
    severity: 'ticket',
    summary: 'The event loop of {{ $labels.service }} is late by {{ $value | humanizeDuration }}.',
    runbook: 'event-loop-blocked',
  },
  {
    name: 'MemoryNearLimit',
    expression: `(${memoryLimitBytes}) > 0.9`,
    holds: '10m',
    severity: 'ticket',
    summary: '{{ $labels.service }} uses {{ $value | humanizePercentage }} of its memory limit.',
    runbook: 'memory-near-limit',
  },
  {
    name: 'FileDescriptorsRunningOut',
    expression: 'process_open_fds / process_max_fds > 0.8',
    holds: '5m',
    severity: 'ticket',
    summary: '{{ $labels.service }} has {{ $value | humanizePercentage }} of its file descriptors open.',
    runbook: 'file-descriptors-running-out',
  },
  {
    name: 'RateLimitsLocal',
    expression: 'max by (instance) (gateway_rate_limit_degraded) > 0',
    holds: '5m',
    severity: 'ticket',
    summary: 'The gateway at {{ $labels.instance }} limits by itself, because Redis is away.',
    runbook: 'rate-limits-local',
  },
  {
    name: 'UpstreamEjected',
    expression: 'max by (upstream, service) (gateway_upstream_ejected) > 0',
    holds: '2m',
    severity: 'page',
    summary: 'The gateway has put instances of an upstream aside.',
    runbook: 'upstream-ejected',
  },
  {
    name: 'RealtimeClientsDropped',
    expression: 'sum(rate(gateway_realtime_dropped_total[10m])) > 1',
    holds: '10m',
    severity: 'ticket',
    summary: 'More than one realtime connection per second is dropped.',
    runbook: 'realtime-clients-dropped',
  },
  {
    name: 'DecisionsNotLogged',
    expression: 'sum by (service) (increase(authz_decisions_dropped_total[10m])) > 0',
    holds: '0m',
    severity: 'page',
    summary: '{{ $labels.service }} could not record authorization decisions.',
    runbook: 'decisions-not-logged',
  },
  {
    name: 'ExtractionJobsSwept',
    expression: 'sum(rate(ingest_jobs_swept_total[15m])) > 0.1',
    holds: '15m',
    severity: 'ticket',
    summary: 'Extraction jobs miss their deadline and are put on the queue again.',
    runbook: 'extraction-jobs-swept',
  },
  {
    name: 'MeshCritical',
    expression: 'max(mesh_health) >= 2',
    holds: '1m',
    severity: 'page',
    summary: 'A node cannot reach half of the members of its mesh or more: nothing can be decided but evictions.',
    runbook: 'mesh-critical',
  },
  {
    name: 'MeshMembersUnreachable',
    expression: 'max(mesh_members{state="unreachable"}) > 0',
    holds: '10m',
    severity: 'ticket',
    summary: '{{ $value }} members of a mesh have been away for ten minutes.',
    runbook: 'mesh-members-unreachable',
  },
  {
    name: 'MeshStorageFailed',
    expression: 'max by (instance) (mesh_storage_failed) > 0',
    holds: '0m',
    severity: 'page',
    summary: 'The disk of the mesh node at {{ $labels.instance }} failed: it forwards, and decides and stores nothing.',
    runbook: 'mesh-storage-failed',
  },
  {
    name: 'MeshWritesSlow',
    expression:
      'histogram_quantile(0.99, sum by (le, instance, group) (rate(mesh_group_fsync_seconds_bucket[5m]))) > 0.25',
    holds: '10m',
    severity: 'ticket',
    summary: 'p99 of durable writes of the mesh node at {{ $labels.instance }} is above 250 ms: elections come near.',
    runbook: 'mesh-writes-slow',
  },
  {
    name: 'MeshCertificateExpires',
    expression: 'min by (instance, certificate) (mesh_certificate_expiry_timestamp_seconds) - time() < 14 * 86400',
    holds: '1h',
    severity: 'ticket',
    summary:
      'The {{ $labels.certificate }} certificate of the mesh node at {{ $labels.instance }} expires in less than 14 days.',
    runbook: 'mesh-certificate-expires',
  },
  {
    name: 'MeshKeyEpochNotHeld',
    expression: 'max by (instance) (mesh_key_epoch - mesh_key_epoch_held) > 0',
    holds: '10m',
    severity: 'ticket',
    summary: 'The mesh node at {{ $labels.instance }} has not opened the key of the present epoch.',
    runbook: 'mesh-key-epoch-not-held',
  },
  {
    name: 'MeshClockOff',
    expression: 'max by (instance) (abs(mesh_clock_offset_seconds)) > 60',
    holds: '10m',
    severity: 'ticket',
    summary: 'The clock of the mesh node at {{ $labels.instance }} is more than a minute off from that of the mesh.',
    runbook: 'mesh-clock-off',
  },
  {
    name: 'MeshFactsLost',
    expression: 'max by (instance) (delta(mesh_facts_lost[15m])) > 0',
    holds: '0m',
    severity: 'ticket',
    summary: 'The mesh node at {{ $labels.instance }} could not keep what it had to tell PostgreSQL.',
    runbook: 'mesh-facts-lost',
  },
];
