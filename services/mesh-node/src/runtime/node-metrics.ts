import type { MeshCore } from '@peermesh/mesh-core';
import type { MetricsRegistry } from '@peermesh/telemetry';
import type { DataNode } from '../data/index.ts';
import type { Transport } from '../transport/index.ts';
import type { MeshView } from './mesh-view.ts';
import { countersOf } from './node-counters.ts';

const HEALTH_VALUES = { healthy: 0, degraded: 1, critical: 2 } as const;

/** What a scrape reads. */
export interface MeasuredNode {
  readonly core: MeshCore;
  readonly view: MeshView;
  readonly data: DataNode;
  readonly transport: Transport;
  readonly storageFailed: () => boolean;
}

/** Metrics of a node: per peer, lane, path and group. Labels are names of members, of which there are few. */
export function observeNode(metrics: MetricsRegistry, node: MeasuredNode): void {
  observeMesh(metrics, node);
  observeGroup(metrics, node);
  observeLinks(metrics, node);
  observePaths(metrics, node);
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

function observeGroup(metrics: MetricsRegistry, { core }: MeasuredNode): void {
  const figures = {
    has_leader: ['1 while this node knows a leader of the control group.', (raft) => (raft.leader === 0 ? 0 : 1)],
    is_leader: ['1 on the leader of the control group.', (raft) => (raft.role === 'leader' ? 1 : 0)],
    term: ['Term of the control group.', (raft) => raft.term],
    commit_index: ['Entries that the control group has committed, as this node knows.', (raft) => raft.commit],
    durable_index: ['Entries of the control group on the disk of this node.', (raft) => raft.durable],
    last_index: ['Entries of the control group that this node has.', (raft) => raft.lastIndex],
  } as const satisfies Record<string, readonly [string, (raft: RaftFigures) => number]>;
  for (const [name, [help, figure]] of Object.entries(figures)) {
    metrics.gauge({
      name: `mesh_control_group_${name}`,
      help,
      collect: (gauge) => {
        const { session } = core;
        gauge.set(session === null ? 0 : figure(session.plane.raftStatus));
      },
    });
  }
}

type RaftFigures = NonNullable<MeshCore['session']>['plane']['raftStatus'];

function observeLinks(metrics: MetricsRegistry, { view }: MeasuredNode): void {
  const figures = {
    mesh_link_up: 'Whether the link to a peer carries frames.',
    mesh_link_sent_bytes: 'Bytes sent over the connections that stand.',
    mesh_link_received_bytes: 'Bytes received over a link.',
    mesh_link_queued_bytes: 'Bytes that wait to be sent over a link.',
  } as const;
  const gauges = Object.entries(figures).map(
    ([name, help]) =>
      [name, metrics.gauge({ name, help, labels: ['peer'], collect: (gauge) => gauge.reset() })] as const,
  );
  const byName = new Map<string, (typeof gauges)[number][1]>(gauges);
  metrics.gauge({
    name: 'mesh_lane_rtt_seconds',
    help: 'Smoothed round-trip time of a lane.',
    labels: ['peer', 'lane', 'class'],
    collect: (gauge) => {
      gauge.reset();
      for (const link of view.links()) {
        const peer = link.name === '' ? link.nodeId : link.name;
        byName.get('mesh_link_up')?.set({ peer }, link.isUp ? 1 : 0);
        byName.get('mesh_link_sent_bytes')?.set({ peer }, link.sentBytes);
        byName.get('mesh_link_received_bytes')?.set({ peer }, link.receivedBytes);
        byName.get('mesh_link_queued_bytes')?.set({ peer }, link.queuedBytes);
        for (const { lane, class: laneClass, rttMs } of link.lanes) {
          if (rttMs !== null) gauge.set({ peer, lane: String(lane), class: laneClass }, rttMs / 1000);
        }
      }
    },
  });
}

function observePaths(metrics: MetricsRegistry, { core, view }: MeasuredNode): void {
  const latency = metrics.gauge({
    name: 'mesh_path_latency_seconds',
    help: 'Sum of the round-trip times of the primary path to a member.',
    labels: ['to'],
    collect: (gauge) => gauge.reset(),
  });
  metrics.gauge({
    name: 'mesh_path_hops',
    help: 'Hops of the primary path to a member.',
    labels: ['to'],
    collect: (gauge) => {
      gauge.reset();
      if (view.meshOrNull() === null) return;
      for (const { shortId, name, isSelf } of view.nodes()) {
        const [primary] = isSelf ? [] : (core.overlay?.routes?.route(shortId)?.paths ?? []);
        if (primary === undefined) continue;
        gauge.set({ to: name }, primary.segments.length);
        latency.set({ to: name }, primary.latencyUs / 1e6);
      }
    },
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
