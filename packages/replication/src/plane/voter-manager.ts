import { ConfigurationError } from '@peermesh/consensus';
import { planVoters, type VoterView } from '../voters/voter-policy.ts';
import type { ControlReplica } from './control-replica.ts';
import type { PlaneConfig } from './plane-config.ts';
import type { Reachability } from './reachability.ts';

/** Lets the Raft configuration follow the members, while this replica leads. */
export class VoterManager {
  readonly #replica: ControlReplica;
  readonly #reachability: Reachability;
  readonly #config: PlaneConfig;
  #dueAtMs = 0;

  constructor(replica: ControlReplica, reachability: Reachability, config: PlaneConfig) {
    this.#replica = replica;
    this.#reachability = reachability;
    this.#config = config;
  }

  get wakeAtMs(): number {
    return this.#replica.status.role === 'leader' ? this.#dueAtMs : Number.POSITIVE_INFINITY;
  }

  tick(nowMs: number): void {
    const replica = this.#replica;
    if (nowMs < this.#dueAtMs || replica.status.role !== 'leader') return;
    this.#dueAtMs = nowMs + this.#config.voterPolicyMs;
    const { members } = replica.group.state;
    const views = Array.from(members.values(), ({ shortId, region, isDraining }): VoterView => {
      const unreachableSinceMs = this.#reachability.unreachableSinceMs(shortId, nowMs);
      return { shortId, region, isDraining, unreachableSinceMs, isCaughtUp: replica.isCaughtUp(shortId) };
    });
    const self = members.get(replica.id);
    if ((self === undefined || self.isDraining) && this.#handOver(views)) return;
    const { configuration, id: leader } = replica;
    const { voterGraceMs: graceMs } = this.#config;
    const changes = planVoters({ configuration, leader, members: views, nowMs, graceMs });
    if (changes.length === 0) return;
    try {
      replica.changeMembers(changes);
    } catch (error) {
      // The configuration moved meanwhile; the next look sees the new one.
      if (!(error instanceof ConfigurationError)) throw error;
    }
  }

  /** A leader that drains or is no member any more hands over to a voter that could lead at once. */
  #handOver(views: readonly VoterView[]): boolean {
    const { configuration, id } = this.#replica;
    const heir = views.find(
      ({ shortId, isDraining, isCaughtUp, unreachableSinceMs }) =>
        shortId !== id &&
        !isDraining &&
        isCaughtUp &&
        unreachableSinceMs === null &&
        configuration.voters.includes(shortId),
    );
    return heir !== undefined && this.#replica.transferTo(heir.shortId);
  }
}
