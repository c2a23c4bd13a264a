import type { MetricsRegistry } from '@peermesh/telemetry';
import type { ResyncReason } from './connection.ts';

/** What the realtime endpoint reports. */
export interface RealtimeMetrics {
  opened(kind: string): void;
  closed(kind: string): void;
  published(topic: string): void;
  fellBehind(): void;
  dropped(reason: 'slow' | 'silent' | 'credential'): void;
  resynced(reason: ResyncReason): void;
}

/** Registers the metrics of the realtime endpoint. */
export function createRealtimeMetrics(metrics: MetricsRegistry): RealtimeMetrics {
  const open = metrics.gauge({
    name: 'gateway_realtime_connections',
    help: 'Open realtime connections.',
    labels: ['transport'],
  });
  const events = metrics.counter({
    name: 'gateway_realtime_events_total',
    help: 'Events offered to realtime connections.',
    labels: ['topic'],
  });
  const behind = metrics.counter({ name: 'gateway_realtime_behind_total', help: 'Connections that fell behind.' });
  const drops = metrics.counter({
    name: 'gateway_realtime_dropped_total',
    help: 'Connections that the gateway closed.',
    labels: ['reason'],
  });
  // A counter that appears with its first event hides that event from `rate`.
  for (const reason of ['slow', 'silent', 'credential']) drops.inc({ reason }, 0);
  const resyncs = metrics.counter({
    name: 'gateway_realtime_resync_total',
    help: 'Clients that had to read their state anew.',
    labels: ['reason'],
  });
  return {
    opened: (transport) => open.inc({ transport }),
    closed: (transport) => open.dec({ transport }),
    published: (topic) => events.inc({ topic }),
    fellBehind: () => behind.inc(),
    dropped: (reason) => drops.inc({ reason }),
    resynced: (reason) => resyncs.inc({ reason }),
  };
}
