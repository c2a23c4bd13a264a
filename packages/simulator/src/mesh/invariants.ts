import type { Invariant } from '../invariant.ts';

const statements = {
  ExactlyOnce: 'no reliable message is delivered twice to one life of its destination',
  NothingInvented: 'what is delivered was sent by that node on that channel, byte for byte',
  FlowOrder: 'messages of one reliable flow arrive in the order in which they were accepted',
  NoLoss:
    'a reliable message that was accepted has arrived in the end, if its source has lived and both stayed members',
  TtlNeverNeeded: 'no frame runs out of hops and no route leads back: routes are strict',
  MembersOnly: 'nothing is delivered from or to a node that is not a member in the eyes of its receiver',
  DrainedCarriesNothing: 'once the mesh knows that a node drains it forwards nothing, unless others need it',
  CreditConserved: 'when all is quiet each end of a link may send what the other grants, and nothing is unreleased',
  QueuesBounded: 'a node holds no more than its settings allow',
  NothingMalformed: 'no honest peer sends a batch or a frame that is refused, but what is left of an earlier life',
  ConvergedAfterHeal: 'within 60 s after the last fault every node reaches every other and all databases are equal',
  FlowsAfterHeal: 'then a message from each node to each other arrives within 2 s',
  LinksUsedAfterHeal: 'within 45 s after the last fault everybody routes by every link that is up',
  DrainKnown: 'within 15 s everybody routes around a node that drains and is not needed, and by it again after it',
  DrainPartsNobody: 'while a node drains a message from each node to each other arrives within 2 s',
  FlowsAfterCut: 'a message that is sent as a link is cut arrives within 1 s wherever there is another way',
  QuietInTheEnd: 'within 30 s after the last message was sent nothing waits anywhere',
  NoCrash: 'the core never throws',
} as const;

export type MeshInvariant = keyof typeof statements;

export const MESH_INVARIANT_NAMES = Object.keys(statements) as MeshInvariant[];

export const MESH_INVARIANTS: readonly Invariant[] = Object.entries(statements).map(([name, statement]) => ({
  name,
  statement,
}));
