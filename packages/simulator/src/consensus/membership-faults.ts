import type { ClockHost, DiskHost, FaultKind, ProcessHost } from '../nemesis/fault.ts';

/** What changes of membership need of a world. */
export interface MembershipHost extends ProcessHost {
  /** A machine more, with a replica that becomes a voter. Refused beyond what the world allows. */
  addMember(): void;
  /** A member less. Refused when too few would be left. */
  removeMember(node: string): void;
  /** One member goes and another comes, in one joint step. */
  swapMember(node: string): void;
  transferLeadership(node: string): void;
}

export const MEMBERSHIP_FAULTS: readonly FaultKind<MembershipHost>[] = [
  {
    name: 'add-member',
    summary: 'a member is added, as a learner first',
    durationMs: [1, 1],
    start: (host) => host.addMember(),
  },
  {
    name: 'remove-member',
    summary: 'a member is removed, possibly the leader',
    durationMs: [1, 1],
    start: (host, random) => host.removeMember(random.pick(host.nodes())),
  },
  {
    name: 'remove-leader',
    summary: 'the leader is removed',
    durationMs: [1, 1],
    start: (host, random) => {
      const leaders = host.focus();
      if (leaders.length > 0) host.removeMember(random.pick(leaders));
    },
  },
  {
    name: 'swap-member',
    summary: 'a member is exchanged for another in one joint step',
    durationMs: [1, 1],
    start: (host, random) => host.swapMember(random.pick(host.nodes())),
  },
  {
    name: 'leader-transfer',
    summary: 'leadership is moved, up to ten times in a row',
    durationMs: [100, 3_000],
    start(host, random, durationMs) {
      const times = 1 + random.integer(10);
      for (let count = 0; count < times; count++)
        host.queue.after((durationMs * count) / times, () => host.transferLeadership(random.pick(host.nodes())));
    },
  },
];

/** Everything that can be done to a group of replicas. */
export interface ConsensusHost extends MembershipHost, DiskHost, ClockHost {}
