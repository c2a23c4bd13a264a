import type { Invariant } from '../invariant.ts';

const statements = {
  ShortestIsShortest: 'a primary path costs what Bellman and Ford find, and exists exactly when they find one',
  YenEqualsBruteForce: 'the k paths of a small topology are the k cheapest of all its loop-free paths',
  PairEqualsBruteForce: 'a disjoint pair is disjoint, exists whenever one does, and has the least total cost',
  RoutesAreStrict: 'an installed route names every hop, over links that are there and relays that relay, none twice',
  RepairReaches: 'for every single failure and every destination that survives it the node before it has a repair',
  RepairAvoidsDead: 'a repair avoids the dead link, and the node behind it whenever there is a way without it',
  AlternateLoopFree: 'a frame handed to a loop-free alternate does not come back and does not meet the dead node',
  RecomputeReaches: 'after any single failure the recomputed tree reaches what is connected, at the least cost',
  IncrementalEqualsFull: 'recomputing what a change can alter gives what recomputing everything gives',
  GenuineOnly: 'an installed advertisement is byte for byte what its origin signed',
  NoStranger: 'nothing of a node that is not a member is installed, and nothing stays of one that was removed',
  VersionsAscend: 'the version that a process holds of an origin never goes back',
  ComputationsBounded:
    'computations per minute are bounded whatever happens (RFC 8405), but for one for each link that is lost',
  NoLoop: 'a frame with one repair visits no node more than twice, and its hops are fewer than its time to live',
  ConvergedAfterHeal: 'within 60 s after the last fault all databases are equal',
  ReachableAfterCut: '400 ms after a cut in quiet, 550 after other cuts and deaths, every connected pair is in reach',
  DrainedCarriesNothing: 'once converged no path goes through a draining node, but where nobody else connects',
  QuietWhenConverged: 'once converged no advertisement waits for its acknowledgement, but while a refresh goes round',
  NoCrash: 'the core never throws',
} as const;

export type RoutingInvariant = keyof typeof statements;

export const ROUTING_INVARIANT_NAMES = Object.keys(statements) as RoutingInvariant[];

export const ROUTING_INVARIANTS: readonly Invariant[] = Object.entries(statements).map(([name, statement]) => ({
  name,
  statement,
}));
