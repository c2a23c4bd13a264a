import type { MeshCore } from '@peermesh/mesh-core';
import type { MetricsRegistry } from '@peermesh/telemetry';
import { type Figure, observeFigures } from './figure.ts';

const FSYNC_BUCKETS_SECONDS = [
  0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 5,
] as const;

type RaftFigures = Pick<
  NonNullable<MeshCore['session']>['plane']['raftStatus'],
  'leader' | 'role' | 'term' | 'lastIndex' | 'durable' | 'commit'
>;

const GROUP_FIGURES: readonly Figure<RaftFigures>[] = [
  {
    name: 'mesh_control_group_has_leader',
    help: '1 while this node knows a leader of the control group.',
    of: ({ leader }) => (leader === 0 ? 0 : 1),
  },
  {
    name: 'mesh_control_group_is_leader',
    help: '1 on the leader of the control group.',
    of: ({ role }) => (role === 'leader' ? 1 : 0),
  },
  {
    name: 'mesh_control_group_term',
    help: 'Term of the control group.',
    of: ({ term }) => term,
  },
  {
    name: 'mesh_control_group_commit_index',
    help: 'Entries that the control group has committed, as this node knows.',
    of: ({ commit }) => commit,
  },
  {
    name: 'mesh_control_group_durable_index',
    help: 'Entries of the control group on the disk of this node.',
    of: ({ durable }) => durable,
  },
  {
    name: 'mesh_control_group_last_index',
    help: 'Entries of the control group that this node has.',
    of: ({ lastIndex }) => lastIndex,
  },
];

const CAUGHT_UP: Figure<boolean> = {
  name: 'mesh_control_group_follower_caught_up',
  help: 'On the leader: 1 for each other member that is known to have all that the control group has committed, else 0.',
  of: (isCaughtUp) => (isCaughtUp ? 1 : 0),
};

const LAG: Figure<number> = {
  name: 'mesh_control_group_lag_entries',
  help: 'Entries that this member of the control group has and does not know to be on its disk or to be committed, or knows to be committed and has not applied.',
  of: (entries) => entries,
};

/** Metrics of the control group as this member knows it; each is 0 while it is in no mesh. */
export function observeGroup(metrics: MetricsRegistry, { core }: { readonly core: Pick<MeshCore, 'session'> }): void {
  observeFigures(metrics, {
    figures: GROUP_FIGURES,
    labels: [],
    subjects: () => [[{}, core.session?.plane.raftStatus ?? NO_GROUP]],
  });
  observeFigures(metrics, {
    figures: [CAUGHT_UP],
    labels: ['peer'],
    subjects: () => followersOf(core.session),
  });
  observeFigures(metrics, {
    figures: [LAG],
    labels: ['stage'],
    subjects: () => {
      const { lastIndex, durable, commit } = core.session?.plane.raftStatus ?? NO_GROUP;
      const applied = core.session?.plane.replica.appliedIndex ?? 0;
      return [
        [{ stage: 'durable' }, Math.max(0, lastIndex - durable)],
        [{ stage: 'commit' }, Math.max(0, lastIndex - commit)],
        [{ stage: 'apply' }, Math.max(0, commit - applied)],
      ];
    },
  });
}

/** The other members, whether each has everything; nobody unless this node leads. */
function followersOf(session: MeshCore['session']): (readonly [{ peer: string }, boolean])[] {
  if (session?.plane.raftStatus.role !== 'leader') return [];
  const { state, replica } = session.plane;
  const others = [...state.members.values()].filter(({ shortId }) => shortId !== session.shortId);
  return others.map(({ shortId, name }) => [{ peer: name }, replica.isCaughtUp(shortId)] as const);
}

const NO_GROUP: RaftFigures = { leader: 0, role: 'follower', term: 0, lastIndex: 0, durable: 0, commit: 0 };

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
