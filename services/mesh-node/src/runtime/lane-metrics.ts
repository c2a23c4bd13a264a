import type { MeshCore } from '@peermesh/mesh-core';
import type { LinkView } from '@peermesh/overlay';
import type { MetricsRegistry } from '@peermesh/telemetry';
import { type Figure, observeFigures } from './figure.ts';
import type { MeshView } from './mesh-view.ts';

const CLASSES = ['control', 'priority', 'bulk'] as const;
const STATES = { UP: 'up', SUSPECT: 'suspect', DOWN: 'down', PROBATION: 'probation' } as const;

type Lane = LinkView['stats']['lanes'][number];

const LANE_FIGURES: readonly Figure<Lane>[] = [
  {
    name: 'mesh_lane_rtt_seconds',
    help: 'Smoothed round-trip time of a lane.',
    of: ({ rttMs }) => rttMs / 1000,
  },
  {
    name: 'mesh_lane_inflight_bytes',
    help: 'Bytes of a lane that are sent and not acknowledged.',
    of: ({ inFlightBytes }) => inFlightBytes,
  },
  {
    name: 'mesh_lane_window_bytes',
    help: 'Bytes that may be in flight on a lane.',
    of: ({ windowBytes }) => windowBytes,
  },
  {
    name: 'mesh_lane_sent_batches',
    help: 'Batches sent over a lane since its link stands.',
    of: ({ sentBatches }) => sentBatches,
  },
  {
    name: 'mesh_lane_lost_batches',
    help: 'Batches of a lane that were given up and sent over another, since its link stands.',
    of: ({ lostBatches }) => lostBatches,
  },
  {
    name: 'mesh_lane_downs',
    help: 'How often a lane was found dead since its link stands.',
    of: ({ downs }) => downs,
  },
];

const STATE_FIGURE: Figure<Lane> = {
  name: 'mesh_lane_state',
  help: '1 for the state that a lane is in: up, suspect, down or probation.',
  of: () => 1,
};

const CREDIT_WAIT: Figure<number> = {
  name: 'mesh_link_credit_wait_seconds',
  help: 'For how long frames of a class have waited for credit of the peer, since the link stands.',
  of: (waitMs) => waitMs / 1000,
};

/** Metrics of each lane of each link, and of what its classes wait for. */
export function observeLanes(
  metrics: MetricsRegistry,
  { core, view }: { readonly core: Pick<MeshCore, 'overlay'>; readonly view: MeshView },
): void {
  const links = (): { readonly peer: string; readonly link: LinkView }[] =>
    (core.overlay?.links() ?? []).map((link) => ({ peer: view.nameOf(link.peer), link }));
  const lanes = () =>
    links().flatMap(({ peer, link }) =>
      link.stats.lanes
        .filter(({ isConnected }) => isConnected)
        .map((lane) => ({ labels: { peer, lane: String(lane.lane), class: classOf(lane.trafficClass) }, lane })),
    );
  observeFigures(metrics, {
    figures: LANE_FIGURES,
    labels: ['peer', 'lane', 'class'],
    subjects: () => lanes().map(({ labels, lane }) => [labels, lane]),
  });
  observeFigures(metrics, {
    figures: [STATE_FIGURE],
    labels: ['peer', 'lane', 'class', 'state'],
    subjects: () => lanes().map(({ labels, lane }) => [{ ...labels, state: STATES[lane.state] }, lane]),
  });
  observeFigures(metrics, {
    figures: [CREDIT_WAIT],
    labels: ['peer', 'class'],
    subjects: () =>
      links().flatMap(({ peer, link }) =>
        link.stats.creditWaitMs.map((waitMs, index) => [{ peer, class: classOf(index) }, waitMs] as const),
      ),
  });
}

function classOf(index: number): (typeof CLASSES)[number] {
  return CLASSES[index] ?? 'bulk';
}
