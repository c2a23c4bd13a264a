import { ConfigurationError, type MemberChange } from '@peermesh/consensus';
import { planVoters, type VoterView, votersAfter } from '../voters/voter-policy.ts';
import type { ControlReplica } from './control-replica.ts';
import type { Departures } from './departures.ts';
import type { PlaneConfig } from './plane-config.ts';
import type { Reachability } from './reachability.ts';

/** Lets the Raft configuration follow the members, while this replica leads. */
export class VoterManager {
  readonly #replica: ControlReplica;
  readonly #reachability: Reachability;
  readonly #departures: Departures;
  readonly #config: PlaneConfig;
  #dueAtMs = 0;
  #lead = { term: 0, fromIndex: 0 };

  constructor(replica: ControlReplica, reachability: Reachability, departures: Departures, config: PlaneConfig) {
    this.#replica = replica;
    this.#reachability = reachability;
    this.#departures = departures;
    this.#config = config;
  }

  get wakeAtMs(): number {
    return this.#replica.status.role === 'leader' ? this.#dueAtMs : Number.POSITIVE_INFINITY;
  }

  tick(nowMs: number): void {
    const replica = this.#replica;
    const { role, term, lastIndex } = replica.status;
    if (role !== 'leader') return this.#departures.clear();
    if (nowMs < this.#dueAtMs) return;
    this.#dueAtMs = nowMs + this.#config.voterPolicyMs;
    if (this.#lead.term !== term) this.#lead = { term, fromIndex: lastIndex };
    // What earlier leaders left in the log may remove a member: no vote for it meanwhile.
    if (replica.appliedIndex < this.#lead.fromIndex) return;
    const { members } = replica.group.state;
    const departing = this.#departures.present(nowMs);
    const views = Array.from(members.values(), ({ shortId, region, isDraining }): VoterView => {
      const unreachableSinceMs = this.#reachability.unreachableSinceMs(shortId, nowMs);
      const isDeparting = departing.has(shortId);
      return { shortId, region, isDraining, isDeparting, unreachableSinceMs, isCaughtUp: replica.isCaughtUp(shortId) };
    });
    const self = views.find(({ shortId }) => shortId === replica.id);
    if ((self === undefined || self.isDraining || self.isDeparting) && this.#handOver(views)) return;
    const changes = this.#plan(views, nowMs);
    if (changes.length === 0) return;
    try {
      replica.changeMembers(changes);
    } catch (error) {
      // The configuration moved meanwhile; the next look sees the new one.
      if (!(error instanceof ConfigurationError)) throw error;
    }
  }

  /** Nobody goes when those who stay could not decide without it; whose removal is in the log gets no vote in any case. */
  #plan(views: readonly VoterView[], nowMs: number): readonly MemberChange[] {
    const { configuration, id: leader } = this.#replica;
    const { voterGraceMs: graceMs } = this.#config;
    const changes = planVoters({ configuration, leader, members: views, nowMs, graceMs });
    if (!views.some(({ isDeparting }) => isDeparting)) return changes;
    const voters = votersAfter(configuration, changes);
    const reachable = voters.filter((id) => this.#reachability.unreachableSinceMs(id, nowMs) === null);
    if (reachable.length * 2 > voters.length) return changes;
    const staying = views.map((view) => ({ ...view, isDeparting: this.#departures.isAppended(view.shortId) }));
    return planVoters({ configuration, leader, members: staying, nowMs, graceMs });
  }

  /** A leader that drains or goes, or is no member any more, hands over to a voter that could lead at once. */
  #handOver(views: readonly VoterView[]): boolean {
    const { configuration, id } = this.#replica;
    const heir = views.find(
      ({ shortId, isDraining, isDeparting, isCaughtUp, unreachableSinceMs }) =>
        shortId !== id &&
        !isDraining &&
        !isDeparting &&
        isCaughtUp &&
        unreachableSinceMs === null &&
        configuration.voters.includes(shortId),
    );
    return heir !== undefined && this.#replica.transferTo(heir.shortId);
  }
}
