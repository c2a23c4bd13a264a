/** Who takes part, as a core reports it. `outgoing` is empty unless the configuration is joint. */
export interface Configuration {
  readonly voters: readonly string[];
  readonly outgoing: readonly string[];
  readonly learners: readonly string[];
  /** Members of `voters` that hold no data. */
  readonly witnesses: readonly string[];
}

/** Whether two configurations name the same members in the same parts. */
export function isSame(left: Configuration, right: Configuration): boolean {
  const parts = ({ voters, outgoing, learners, witnesses }: Configuration): string =>
    [voters, outgoing, learners, witnesses].map((part) => part.toSorted().join(' ')).join(', ');
  return parts(left) === parts(right);
}

export function isVoterOf({ voters, outgoing }: Configuration, id: string): boolean {
  return voters.includes(id) || outgoing.includes(id);
}

/** Whether the members for which `has` is true are a quorum: in each half when the configuration is joint. */
export function isQuorum(configuration: Configuration, has: (id: string) => boolean): boolean {
  return isMajority(configuration.voters, has) && isMajority(configuration.outgoing, has);
}

function isMajority(voters: readonly string[], has: (id: string) => boolean): boolean {
  if (voters.length === 0) return true;
  let count = 0;
  for (const id of voters) if (has(id)) count++;
  return count >= Math.floor(voters.length / 2) + 1;
}

/**
 * Whether every quorum of one shares a member with every quorum of the other: equal, one voter apart, or one of them joint
 * and the other one of its halves (Raft dissertation, 4.1 and 4.3).
 */
export function overlaps(left: Configuration, right: Configuration): boolean {
  const halves = ({ voters, outgoing }: Configuration): readonly (readonly string[])[] =>
    outgoing.length === 0 ? [voters] : [voters, outgoing];
  return halves(left).some((one) => halves(right).some((other) => distance(one, other) <= 1));
}

function distance(left: readonly string[], right: readonly string[]): number {
  const only = (from: readonly string[], other: readonly string[]): number =>
    from.filter((id) => !other.includes(id)).length;
  return only(left, right) + only(right, left);
}
