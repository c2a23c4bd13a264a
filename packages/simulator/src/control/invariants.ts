import type { Invariant } from '../invariant.ts';

const statements = {
  StatesEqual: 'replicas that have applied the same index have the same state, byte for byte',
  StateSound: 'no state gives two members one key, name or disk, or holds what an eviction or revocation rules out',
  ShortIdOnce: 'a short id is given to one key on one disk, once for all time',
  DoneOnce: 'a request that is sent again is done once: no answer contradicts what is in the state',
  DoneIsKept: 'what was answered as done is in the state of every member in the end',
  NotTakenIsNot: 'what was answered as not taken is in nobody’s state',
  ReadFresh: 'a read has seen everything that was answered as done before it was asked',
  PromisesKept: 'a vote or an acknowledgement that leaves a machine is on its disk',
  OverridesLogged: 'whoever sets a rule aside is in the log of overrides',
  EvictedStaysOut: 'nobody who was evicted is admitted before an operator has lifted it',
  LeaderAfterHeal: 'within 20 s after the last fault the group has a leader that all members know',
  MembersAfterHeal: 'within 60 s after the last fault every machine is a member and has applied the same',
  VotersAfterHeal: 'then there are as many voters as the members call for, and no change is under way',
  DoneAfterHeal: 'then a command of every member is done within 10 s',
  NoCrash: 'the core never throws',
} as const;

export type ControlInvariant = keyof typeof statements;

export const CONTROL_INVARIANT_NAMES = Object.keys(statements) as ControlInvariant[];

export const CONTROL_INVARIANTS: readonly Invariant[] = Object.entries(statements).map(([name, statement]) => ({
  name,
  statement,
}));
