import type { Invariant } from '../invariant.ts';

/** What must hold of a mesh of membership cores, whatever happens to it. */
export const MEMBERSHIP_INVARIANTS = [
  { name: 'NeverThrows', statement: 'no message and no timer makes a core throw' },
  {
    name: 'LegalTransition',
    statement:
      'a view of a member changes only as SWIM allows: what is failed or left is active again only in a higher incarnation than the verdict, and what left is never suspected or failed',
  },
  {
    name: 'OwnIncarnation',
    statement:
      'nobody holds a member in a higher incarnation than that member has ever reached, and nobody goes back to a lower one',
  },
  {
    name: 'NoHastyVerdict',
    statement: 'a member declares another failed by itself only after it has suspected it for the shortest suspicion',
  },
  {
    name: 'HealthyStays',
    statement:
      'a member that runs, is not slowed down and can be reached by somebody is failed by nobody, whatever becomes of others, of single links and of up to a fifth of all packets',
  },
  {
    name: 'VerdictsAreNews',
    statement:
      'who runs is not taken for failed on the word of others that is older than a minute: that only leads to own probes',
  },
  {
    name: 'HealthyIsNotAccused',
    statement:
      'while no packet is lost or late, nobody suspects a member that runs undisturbed; an observer that stood still is no exception',
  },
  {
    name: 'OneLinkIsNoDeath',
    statement:
      'while nothing is wrong but the link between two members, nobody is suspected: a third one asks in their place',
  },
  { name: 'SlowLearns', statement: 'a node that gets everything late stops accusing others as its health score rises' },
  {
    name: 'DeadIsFound',
    statement: 'a node that is down is seen as active by no undisturbed member after the detection limit',
  },
  {
    name: 'Converges',
    statement: 'within 60 s after the last fault all running members hold the same view: exactly who runs is active',
  },
  { name: 'StaysConverged', statement: 'once converged and undisturbed, no view changes and nobody is suspected' },
  { name: 'QuietWhenTold', statement: 'once converged and undisturbed, no claim rides on any packet' },
  { name: 'PacketLimit', statement: 'no probe or gossip packet is larger than packetBytesMax' },
  {
    name: 'BoundedTraffic',
    statement: 'no member sends more than 1,000 packets and 20 per member in a second, whatever it is told',
  },
  { name: 'IdentityKept', statement: 'an id never passes to another key, and who is not admitted is in no view' },
] as const satisfies readonly Invariant[];

/** The name of one of the rules. */
export type MembershipRule = (typeof MEMBERSHIP_INVARIANTS)[number]['name'];
