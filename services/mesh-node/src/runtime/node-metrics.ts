import type { LinkStatus, MeshPath } from '@peermesh/contracts/mesh';
import type { MeshCore } from '@peermesh/mesh-core';
import type { MetricsRegistry } from '@peermesh/telemetry';
import type { DataNode } from '../data/index.ts';
import type { Transport } from '../transport/index.ts';
import { observeDrops } from './drop-metrics.ts';
import { observeLanes } from './lane-metrics.ts';
import type { MeshView } from './mesh-view.ts';
import { countersOf } from './node-counters.ts';
import type { PeerHealth } from './peer-health.ts';

const FSYNC_BUCKETS_SECONDS = [
  0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 5,
] as const;
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

function observeMesh(metrics: MetricsRegistry, { view, storageFailed }: MeasuredNode): void {
  metrics.gauge({
    name: 'mesh_health',
    help: '0 healthy, 1 degraded, 2 critical, as this node sees the mesh; absent while it has none.',
    collect: (gauge) => {
      gauge.reset();
      const mesh = view.meshOrNull();
      if (mesh !== null) gauge.set(HEALTH_VALUES[mesh.health]);
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

interface GroupFigure {
  readonly name: string;
  readonly help: string;
  of(raft: RaftFigures): number;
}

function observeGroup(metrics: MetricsRegistry, { core }: MeasuredNode): void {
  const figures: readonly GroupFigure[] = [
    {
      name: 'mesh_control_group_has_leader',
      help: '1 while this node knows a leader of the control group.',
      of: (raft) => (raft.leader === 0 ? 0 : 1),
    },
    {
      name: 'mesh_control_group_is_leader',
      help: '1 on the leader of the control group.',
      of: (raft) => (raft.role === 'leader' ? 1 : 0),
    },
    { name: 'mesh_control_group_term', help: 'Term of the control group.', of: (raft) => raft.term },
    {
      name: 'mesh_control_group_commit_index',
      help: 'Entries that the control group has committed, as this node knows.',
      of: (raft) => raft.commit,
    },
    {
      name: 'mesh_control_group_durable_index',
      help: 'Entries of the control group on the disk of this node.',
      of: (raft) => raft.durable,
    },
    {
      name: 'mesh_control_group_last_index',
      help: 'Entries of the control group that this node has.',
      of: (raft) => raft.lastIndex,
    },
  ];
  for (const { name, help, of } of figures) {
    metrics.gauge({
      name,
      help,
      collect: (gauge) => {
        const { session } = core;
        gauge.set(session === null ? 0 : of(session.plane.raftStatus));
      },
    });
  }
  metrics.gauge({
    name: 'mesh_control_group_lag_entries',
    help: 'Entries that this member of the control group has and does not know to be on its disk or to be committed, or knows to be committed and has not applied.',
    labels: ['stage'],
    collect: (gauge) => {
      const { session } = core;
      const raft = session?.plane.raftStatus;
      gauge.set({ stage: 'durable' }, raft === undefined ? 0 : Math.max(0, raft.lastIndex - raft.durable));
      gauge.set({ stage: 'commit' }, raft === undefined ? 0 : Math.max(0, raft.lastIndex - raft.commit));
      const applied = session?.plane.replica.appliedIndex ?? 0;
      gauge.set({ stage: 'apply' }, raft === undefined ? 0 : Math.max(0, raft.commit - applied));
    },
  });
}

/** How long durable writes of the control group and of this node's own record take. */
export function observeWrites(metrics: MetricsRegistry): { observe(seconds: number): void } {
  const duration = metrics.histogram({
    name: 'mesh_group_fsync_seconds',
    help: 'Time of a durable write of a consensus group, from its begin until it is on the disk.',
    labels: ['group'],
    buckets: FSYNC_BUCKETS_SECONDS,
  });
  return { observe: (seconds: number) => duration.observe({ group: 'control' }, seconds) };
}

type RaftFigures = NonNullable<MeshCore['session']>['plane']['raftStatus'];

function observeLinks(metrics: MetricsRegistry, { view, health }: MeasuredNode): void {
  const figures = {
    mesh_link_up: ['Whether the link to a peer carries frames.', ({ isUp }) => (isUp ? 1 : 0)],
    mesh_link_sent_bytes: ['Bytes sent over the connections that stand.', ({ sentBytes }) => sentBytes],
    mesh_link_received_bytes: ['Bytes received over a link.', ({ receivedBytes }) => receivedBytes],
    mesh_link_queued_bytes: ['Bytes that wait to be sent over a link.', ({ queuedBytes }) => queuedBytes],
  } as const satisfies Record<string, readonly [string, (link: LinkStatus) => number]>;
  for (const [name, [help, figure]] of Object.entries(figures)) {
    metrics.gauge({
      name,
      help,
      labels: ['peer'],
      collect: (gauge) => {
        gauge.reset();
        for (const link of view.links()) gauge.set({ peer: view.nameOf(link.nodeId) }, figure(link));
      },
    });
  }
  metrics.gauge({
    name: 'mesh_peer_unhealthy',
    help: '1 for a peer that gave no sign of life three times, until there is a new connection to it.',
    labels: ['peer'],
    collect: (gauge) => {
      gauge.reset();
      for (const peer of health.unhealthy) gauge.set({ peer: view.nameOf(peer) }, 1);
    },
  });
}

const PATH_FIGURES = {
  mesh_path_latency_seconds: ['Sum of the round-trip times of a path to a member.', ({ latencyUs }) => latencyUs / 1e6],
  mesh_path_hops: ['Hops of a path to a member.', ({ hops }) => hops.length - 1],
  mesh_path_cost: ['Cost of a path to a member by the metric of routing.', ({ cost }) => cost],
  mesh_path_share: ['Part of multi-path traffic to a member that takes a path, 0 to 1.', ({ share }) => share],
} as const satisfies Record<string, readonly [string, (path: MeshPath) => number]>;

/** The first path of each kind to each member, as installed now. */
function observePaths(metrics: MetricsRegistry, { view }: MeasuredNode): void {
  for (const [name, [help, figure]] of Object.entries(PATH_FIGURES)) {
    metrics.gauge({
      name,
      help,
      labels: ['to', 'kind'],
      collect: (gauge) => {
        gauge.reset();
        for (const { to, path } of view.installedPaths()) gauge.set({ to, kind: path.kind }, figure(path));
      },
    });
  }
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
