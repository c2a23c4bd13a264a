import type { LinkStatus } from '@peermesh/contracts/mesh';
import type { MetricsRegistry } from '@peermesh/telemetry';
import { type Figure, observeFigures } from './figure.ts';
import type { MeshView } from './mesh-view.ts';
import type { PeerHealth } from './peer-health.ts';

const LINK_FIGURES: readonly Figure<LinkStatus>[] = [
  {
    name: 'mesh_link_up',
    help: 'Whether the link to a peer carries frames.',
    of: ({ isUp }) => (isUp ? 1 : 0),
  },
  {
    name: 'mesh_link_sent_bytes',
    help: 'Bytes sent over the connections that stand.',
    of: ({ sentBytes }) => sentBytes,
  },
  {
    name: 'mesh_link_received_bytes',
    help: 'Bytes received over a link.',
    of: ({ receivedBytes }) => receivedBytes,
  },
  {
    name: 'mesh_link_queued_bytes',
    help: 'Bytes that wait to be sent over a link.',
    of: ({ queuedBytes }) => queuedBytes,
  },
  {
    name: 'mesh_link_loss_ratio',
    help: 'Share of what is lost on the way to a peer, as this node advertises it.',
    of: ({ lossRatio }) => lossRatio,
  },
];

const UNHEALTHY: Figure<string> = {
  name: 'mesh_peer_unhealthy',
  help: '1 for a peer that gave no sign of life three times, until there is a new connection to it.',
  of: () => 1,
};

/** Metrics of the link to each peer, and of peers that do not answer. */
export function observeLinks(
  metrics: MetricsRegistry,
  { view, health }: { readonly view: MeshView; readonly health: PeerHealth },
): void {
  observeFigures(metrics, {
    figures: LINK_FIGURES,
    labels: ['peer'],
    subjects: () => view.links().map((link) => [{ peer: view.nameOf(link.nodeId) }, link]),
  });
  observeFigures(metrics, {
    figures: [UNHEALTHY],
    labels: ['peer'],
    subjects: () => [...health.unhealthy].map((peer) => [{ peer: view.nameOf(peer) }, peer]),
  });
}
