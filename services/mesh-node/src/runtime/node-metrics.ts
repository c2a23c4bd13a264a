import type { Mesh, MeshPath } from '@peermesh/contracts/mesh';
import type { MeshCore } from '@peermesh/mesh-core';
import type { MetricsRegistry } from '@peermesh/telemetry';
import type { DataNode } from '../data/index.ts';
import type { Transport } from '../transport/index.ts';
import { observeDrops } from './drop-metrics.ts';
import { type Figure, observeFigures } from './figure.ts';
import { observeGroup } from './group-metrics.ts';
import { observeLanes } from './lane-metrics.ts';
import { observeLinks } from './link-metrics.ts';
import type { MeshView } from './mesh-view.ts';
import { countersOf } from './node-counters.ts';
import type { PeerHealth } from './peer-health.ts';

const HEALTH_VALUES = { healthy: 0, degraded: 1, critical: 2 } as const;

/** What a scrape reads. */
export interface MeasuredNode {
  readonly core: MeshCore;
  readonly view: MeshView;
  readonly data: DataNode;
  readonly health: PeerHealth;
  readonly transport: Transport;
  readonly storageFailed: () => boolean;
}

/** Metrics of a node: per peer, lane, path and group. Labels are names of members, of which there are few. */
export function observeNode(metrics: MetricsRegistry, node: MeasuredNode): void {
  observeMesh(metrics, node);
  observeGroup(metrics, node);
  observeLinks(metrics, node);
  observeLanes(metrics, node);
  observePaths(metrics, node);
  observeDrops(metrics, node.core);
  observeTraffic(metrics, node);
}

const HEALTH: Figure<Mesh> = {
  name: 'mesh_health',
  help: '0 healthy, 1 degraded, 2 critical, as this node sees the mesh; absent while it has none.',
  of: ({ health }) => HEALTH_VALUES[health],
};

function observeMesh(metrics: MetricsRegistry, { view, storageFailed }: MeasuredNode): void {
  observeFigures(metrics, {
    figures: [HEALTH],
    labels: [],
    subjects: () => {
      const mesh = view.meshOrNull();
      return mesh === null ? [] : [[{}, mesh]];
    },
  });
  metrics.gauge({
    name: 'mesh_members',
    help: 'Members of the mesh by whether they can be reached from this node.',
    labels: ['state'],
    collect: (gauge) => {
      const mesh = view.meshOrNull();
      gauge.set({ state: 'reachable' }, mesh === null ? 0 : mesh.members - mesh.unreachable);
      gauge.set({ state: 'unreachable' }, mesh?.unreachable ?? 0);
    },
  });
  metrics.gauge({
    name: 'mesh_storage_failed',
    help: '1 when this node could not write to its disk: it forwards and decides nothing any more.',
    collect: (gauge) => gauge.set(storageFailed() ? 1 : 0),
  });
}

const PATH_FIGURES: readonly Figure<MeshPath>[] = [
  {
    name: 'mesh_path_latency_seconds',
    help: 'Sum of the round-trip times of a path to a member.',
    of: ({ latencyUs }) => latencyUs / 1e6,
  },
  {
    name: 'mesh_path_hops',
    help: 'Hops of a path to a member.',
    of: ({ hops }) => hops.length - 1,
  },
  {
    name: 'mesh_path_cost',
    help: 'Cost of a path to a member by the metric of routing.',
    of: ({ cost }) => cost,
  },
  {
    name: 'mesh_path_share',
    help: 'Part of multi-path traffic to a member that takes a path, 0 to 1.',
    of: ({ share }) => share,
  },
];

/** The first path of each kind to each member, as installed now. */
function observePaths(metrics: MetricsRegistry, { view }: MeasuredNode): void {
  observeFigures(metrics, {
    figures: PATH_FIGURES,
    labels: ['to', 'kind'],
    subjects: () => Array.from(view.installedPaths(), ({ to, path }) => [{ to, kind: path.kind }, path]),
  });
}

function observeTraffic(metrics: MetricsRegistry, { core, data, transport }: MeasuredNode): void {
  metrics.gauge({
    name: 'mesh_frames',
    help: 'What happened to frames on this node, since it became a member.',
    labels: ['what'],
    collect: (gauge) => {
      gauge.reset();
      for (const [what, count] of Object.entries(countersOf(core))) gauge.set({ what }, count);
    },
  });
  metrics.gauge({
    name: 'mesh_data_records',
    help: 'What happened to records of topics on this node, since its start.',
    labels: ['what'],
    collect: (gauge) => {
      gauge.reset();
      for (const [what, , count] of data.counters) gauge.inc({ what }, count);
    },
  });
  metrics.gauge({
    name: 'mesh_connections_refused',
    help: 'Connections that this node refused or could not make, by reason, since its start.',
    labels: ['reason'],
    collect: (gauge) => {
      for (const [reason, count] of transport.stats().refused) gauge.set({ reason }, count);
    },
  });
}
