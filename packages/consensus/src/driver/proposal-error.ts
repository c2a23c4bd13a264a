import type { ReplicaId } from '../entry.ts';
import type { Refusal } from '../raft-node.ts';

/**
 * Why something was not done. Everything but `outcome-unknown` says for certain that it did not happen and never will; `lost`
 * was taken and replaced by another leader. `ended`: the replica is not running here.
 */
export type ProposalFailure = Refusal | 'lost' | 'outcome-unknown' | 'ended';

/** A proposal, a change of members or a read that failed. */
export class ProposalError extends Error {
  override readonly name = 'ProposalError';
  readonly reason: ProposalFailure;
  /** Who leads, as far as this replica knows; 0 when it does not. */
  readonly leader: ReplicaId;

  constructor(reason: ProposalFailure, leader: ReplicaId = 0) {
    super(leader === 0 ? reason : `${reason}: replica ${leader} leads`);
    this.reason = reason;
    this.leader = leader;
  }
}
