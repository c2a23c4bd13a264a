import type { ReplicaId } from './entry.ts';

/**
 * Who takes part. While `outgoing` is not empty the configuration is joint: decisions need a majority of `voters` and one of
 * `outgoing` (Ongaro, Consensus: Bridging Theory and Practice, 4.3).
 */
export interface Configuration {
  readonly voters: readonly ReplicaId[];
  /** Voters of the configuration that is left; empty when the configuration is not joint. */
  readonly outgoing: readonly ReplicaId[];
  /** Get the log and have no say. */
  readonly learners: readonly ReplicaId[];
  /** Voters of `outgoing` that become learners when the joint configuration is left. */
  readonly learnersNext: readonly ReplicaId[];
  /** Voters that keep the positions of entries and not their data; they never lead. */
  readonly witnesses: readonly ReplicaId[];
}

/** One member more, less, or in another role. */
export interface MemberChange {
  readonly kind: 'add-voter' | 'add-witness' | 'add-learner' | 'remove';
  readonly replica: ReplicaId;
}

/** A change that cannot be made; `message` says why. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const NO_MEMBERS: readonly ReplicaId[] = [];
export const NO_CONFIGURATION: Configuration = {
  voters: NO_MEMBERS,
  outgoing: NO_MEMBERS,
  learners: NO_MEMBERS,
  learnersNext: NO_MEMBERS,
  witnesses: NO_MEMBERS,
};

/** The configuration that a group begins with. */
export function initialConfiguration(
  voters: readonly ReplicaId[],
  witnesses: readonly ReplicaId[] = NO_MEMBERS,
): Configuration {
  return { ...NO_CONFIGURATION, voters: sorted([...voters, ...witnesses]), witnesses: sorted(witnesses) };
}

export function isJoint({ outgoing }: Configuration): boolean {
  return outgoing.length > 0;
}

/** Everybody who gets the log. */
export function membersOf({ voters, outgoing, learners }: Configuration): ReplicaId[] {
  return sorted([...voters, ...outgoing, ...learners]);
}

export function isVoter({ voters, outgoing }: Configuration, replica: ReplicaId): boolean {
  return voters.includes(replica) || outgoing.includes(replica);
}

/** Whether this member may lead. */
export function isElectable(configuration: Configuration, replica: ReplicaId): boolean {
  return isVoter(configuration, replica) && !configuration.witnesses.includes(replica);
}

/**
 * What the changes make of a configuration that is not joint. One voter more or less is a simple change, anything else
 * becomes a joint configuration.
 * @throws ConfigurationError when it is joint already, or when nobody who may lead would be left
 */
export function changed(current: Configuration, changes: readonly MemberChange[]): Configuration {
  if (isJoint(current)) throw new ConfigurationError('another change is under way');
  if (changes.length === 0) throw new ConfigurationError('nothing is to be changed');
  const voters = new Set(current.voters);
  const learners = new Set(current.learners);
  const witnesses = new Set(current.witnesses);
  for (const { kind, replica } of changes) {
    if (!Number.isSafeInteger(replica) || replica < 1) throw new ConfigurationError(`${replica} is no replica`);
    const wasWitness = witnesses.has(replica);
    if ((wasWitness && kind === 'add-voter') || (kind === 'add-witness' && voters.has(replica) && !wasWitness))
      throw new ConfigurationError(`replica ${replica} cannot begin or cease to be a witness: it needs a new id`);
    voters.delete(replica);
    learners.delete(replica);
    witnesses.delete(replica);
    if (kind === 'add-voter' || kind === 'add-witness') voters.add(replica);
    if (kind === 'add-witness') witnesses.add(replica);
    if (kind === 'add-learner') learners.add(replica);
  }
  const next = {
    ...NO_CONFIGURATION,
    voters: sorted(voters),
    learners: sorted(learners),
    witnesses: sorted(witnesses),
  };
  if (next.voters.every((replica) => witnesses.has(replica))) throw new ConfigurationError('nobody could lead');
  const isSimple = difference(current.voters, next.voters) <= 1;
  if (isSimple) return next;
  // A member that loses its vote keeps it for the outgoing half until the joint configuration is left.
  const learnersNext = next.learners.filter((replica) => current.voters.includes(replica));
  return {
    ...next,
    outgoing: current.voters,
    learners: next.learners.filter((replica) => !learnersNext.includes(replica)),
    learnersNext,
    witnesses: sorted([...witnesses, ...current.witnesses.filter((replica) => !next.voters.includes(replica))]),
  };
}

/** What remains when a joint configuration is left. */
export function left(joint: Configuration): Configuration {
  return {
    ...NO_CONFIGURATION,
    voters: joint.voters,
    learners: sorted([...joint.learners, ...joint.learnersNext]),
    witnesses: joint.witnesses.filter((replica) => joint.voters.includes(replica)),
  };
}

const VERSION = 1;
const ROLES = ['voters', 'outgoing', 'learners', 'learnersNext', 'witnesses'] as const;

/** The form in the log and in snapshots: a version, then each role with its number of members, 32 bits each. */
export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const lists = ROLES.map((role) => configuration[role]);
  const bytes = new DataView(new ArrayBuffer(1 + lists.reduce((sum, list) => sum + 4 + 4 * list.length, 0)));
  bytes.setUint8(0, VERSION);
  let at = 1;
  for (const list of lists) {
    bytes.setUint32(at, list.length, true);
    at += 4;
    for (const replica of list) {
      bytes.setUint32(at, replica, true);
      at += 4;
    }
  }
  return new Uint8Array(bytes.buffer);
}

/** @throws ConfigurationError for anything that {@link encodeConfiguration} does not make */
export function decodeConfiguration(data: Uint8Array): Configuration {
  const bytes = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length === 0 || bytes.getUint8(0) !== VERSION)
    throw new ConfigurationError('a configuration in a form that is not known here');
  let at = 1;
  const next = (): number => {
    if (at + 4 > data.length) throw new ConfigurationError('a configuration that ends early');
    at += 4;
    return bytes.getUint32(at - 4, true);
  };
  const lists = ROLES.map(() => {
    const length = next();
    if (length * 4 > data.length) throw new ConfigurationError('a configuration that ends early');
    return Array.from({ length }, next);
  });
  if (at !== data.length) throw new ConfigurationError('a configuration with something behind it');
  const [voters = [], outgoing = [], learners = [], learnersNext = [], witnesses = []] = lists;
  return { voters, outgoing, learners, learnersNext, witnesses };
}

function difference(one: readonly ReplicaId[], other: readonly ReplicaId[]): number {
  const missing = (from: readonly ReplicaId[], target: readonly ReplicaId[]): number =>
    from.filter((replica) => !target.includes(replica)).length;
  return missing(one, other) + missing(other, one);
}

function sorted(replicas: Iterable<ReplicaId>): ReplicaId[] {
  return [...new Set(replicas)].sort((one, other) => one - other);
}
