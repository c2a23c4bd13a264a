import type { MeshCore } from '@peermesh/mesh-core';
import type { LinkView } from '@peermesh/overlay';
import type { MetricsRegistry } from '@peermesh/telemetry';
import type { MeshView } from './mesh-view.ts';

const CLASSES = ['control', 'priority', 'bulk'] as const;
const STATES = { UP: 'up', SUSPECT: 'suspect', DOWN: 'down', PROBATION: 'probation' } as const;

type Lane = LinkView['stats']['lanes'][number];

const LANE_FIGURES = {
  mesh_lane_rtt_seconds: ['Smoothed round-trip time of a lane.', ({ rttMs }) => rttMs / 1000],
  mesh_lane_inflight_bytes: ['Bytes of a lane that are sent and not acknowledged.', (lane) => lane.inFlightBytes],
  mesh_lane_window_bytes: ['Bytes that may be in flight on a lane.', ({ windowBytes }) => windowBytes],
  mesh_lane_sent_batches: ['Batches sent over a lane since its link stands.', ({ sentBatches }) => sentBatches],
  mesh_lane_lost_batches: [
    'Batches of a lane that were given up and sent over another, since its link stands.',
    ({ lostBatches }) => lostBatches,
  ],
  mesh_lane_downs: ['How often a lane was found dead since its link stands.', ({ downs }) => downs],
} as const satisfies Record<string, readonly [help: string, figure: (lane: Lane) => number]>;

/** Metrics of each lane of each link, and of what its classes wait for. */
export function observeLanes(
  metrics: MetricsRegistry,
  { core, view }: { readonly core: Pick<MeshCore, 'overlay'>; readonly view: MeshView },
): void {
  const links = (): { readonly peer: string; readonly link: LinkView }[] =>
    (core.overlay?.links() ?? []).map((link) => ({ peer: view.nameOf(link.peer), link }));
  for (const [name, [help, figure]] of Object.entries(LANE_FIGURES)) {
    metrics.gauge({
      name,
      help,
      labels: ['peer', 'lane', 'class'],
      collect: (gauge) => {
        gauge.reset();
        for (const { peer, link } of links())
          for (const lane of link.stats.lanes)
            if (lane.isConnected) gauge.set({ peer, ...labelsOf(lane) }, figure(lane));
      },
    });
  }
  metrics.gauge({
    name: 'mesh_lane_state',
    help: '1 for the state that a lane is in: up, suspect, down or probation.',
    labels: ['peer', 'lane', 'class', 'state'],
    collect: (gauge) => {
      gauge.reset();
      for (const { peer, link } of links())
        for (const lane of link.stats.lanes)
          if (lane.isConnected) gauge.set({ peer, ...labelsOf(lane), state: STATES[lane.state] }, 1);
    },
  });
  metrics.gauge({
    name: 'mesh_link_credit_wait_seconds',
    help: 'For how long frames of a class have waited for credit of the peer, since the link stands.',
    labels: ['peer', 'class'],
    collect: (gauge) => {
      gauge.reset();
      for (const { peer, link } of links())
        for (const [index, waitMs] of link.stats.creditWaitMs.entries())
          gauge.set({ peer, class: CLASSES[index] ?? 'bulk' }, waitMs / 1000);
    },
  });
  metrics.gauge({
    name: 'mesh_link_loss_ratio',
    help: 'Share of what is lost on the way to a peer, as this node advertises it.',
    labels: ['peer'],
    collect: (gauge) => {
      gauge.reset();
      for (const { nodeId, lossRatio } of view.links())
        if (lossRatio !== null) gauge.set({ peer: view.nameOf(nodeId) }, lossRatio);
    },
  });
}

function labelsOf({ lane, trafficClass }: Lane): { readonly lane: string; readonly class: string } {
  return { lane: String(lane), class: CLASSES[trafficClass] ?? 'bulk' };
}
