import type { MeshCore } from '@peermesh/mesh-core';
import { flowKindOf } from '@peermesh/overlay';
import type { MetricsRegistry } from '@peermesh/telemetry';

const CLASSES = ['control', 'priority', 'bulk'] as const;

/** Frames that went no further here, by reason and kind of flow: there are few kinds, and many flows. */
export function observeDrops(metrics: MetricsRegistry, core: Pick<MeshCore, 'overlay'>): void {
  metrics.gauge({
    name: 'mesh_dropped_frames',
    help: 'Frames that this node dropped since it became a member; reliable ones among them are sent again by their source.',
    labels: ['reason', 'class', 'delivery'],
    collect: (gauge) => {
      gauge.reset();
      for (const { reason, flow, count } of core.overlay?.counters.drops() ?? []) {
        const kind = flowKindOf(flow);
        const delivery = kind === undefined ? 'other' : kind.isReliable ? 'reliable' : 'best_effort';
        gauge.inc({ reason, class: kind === undefined ? 'other' : CLASSES[kind.trafficClass], delivery }, count);
      }
    },
  });
}
