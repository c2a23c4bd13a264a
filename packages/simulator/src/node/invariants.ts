import type { Invariant } from '../invariant.ts';

const statements = {
  StatesEqual: 'members that have applied the same index have the same state, byte for byte',
  StateSound: 'no state gives two members one key, name or disk, or holds what an eviction or revocation rules out',
  ShortIdOnce: 'a short id is given to one key on one disk, once for all time',
  OverridesLogged: 'whoever sets a rule aside is in the log of overrides',
  EvictedStaysOut: 'nobody who was evicted is admitted before an operator has lifted it',
  ReadFresh: 'a read has seen everything that was answered as done before it was asked',
  DoneIsKept: 'what was answered as done is in the state of every member in the end',
  NotTakenIsNot: 'what was answered as not taken is in nobody’s state',
  ExactlyOnce: 'no reliable message is delivered twice to one life of its destination',
  NothingInvented: 'what is delivered was sent by that node on that channel, byte for byte',
  FlowOrder: 'messages of one reliable flow arrive in the order in which they were accepted',
  NoLoss:
    'a reliable message that was accepted has arrived in the end, if its source has lived and both stayed members',
  LeaderAfterHeal: 'within 30 s after the last fault all members go by one leader',
  OneMeshAfterHeal: 'within 90 s every node is a member, reaches every other one and has applied the same',
  VotersAfterHeal: 'then there are as many voters as the members call for, and no change is under way',
  DoneAfterHeal: 'then a command of every node is done within 10 s',
  FlowsAfterHeal: 'then a message from each node to each other arrives within 5 s',
  NoCrash: 'the core never throws',
} as const;

export type NodeInvariant = keyof typeof statements;

export const NODE_INVARIANT_NAMES = Object.keys(statements) as NodeInvariant[];

export const NODE_INVARIANTS: readonly Invariant[] = Object.entries(statements).map(([name, statement]) => ({
  name,
  statement,
}));
