import type { Invariant } from '../invariant.ts';

/** What a link promises, whatever its lanes go through. */
export const LINK_INVARIANTS = [
  { name: 'OnlyWhatWasSent', statement: 'a delivered frame was accepted for that flow and holds the same bytes' },
  { name: 'DeliveredOnce', statement: 'no frame is delivered twice' },
  { name: 'NothingLost', statement: 'a reliable frame that was accepted is delivered once the lanes have healed' },
  { name: 'PinnedOrder', statement: 'frames of a pinned flow arrive in order; of a reliable one without a gap' },
  { name: 'StripedOrder', statement: 'frames of a striped flow that are not marked late arrive in order' },
  { name: 'CreditBounded', statement: 'credit is never negative, and with what is unreleased never over the window' },
  { name: 'CreditConserved', statement: 'when all is quiet, credit and unreleased bytes make up the window exactly' },
  { name: 'FlowCreditConserved', statement: 'when all is quiet, a consumer has granted its whole window again' },
  { name: 'MemoryBounded', statement: 'a link holds no more bytes than its settings allow' },
  { name: 'InFlightBounded', statement: 'unacknowledged bytes of a lane are neither negative nor over the bound' },
  { name: 'NoFalseRefusal', statement: 'nothing that the other side sent is refused, and all garbage is' },
  {
    name: 'SilenceFound',
    statement: 'both ends stop using a lane within 350 ms, and delays, of a cut in any direction',
  },
  { name: 'FailsOver', statement: 'while another lane is up, none is left without a carrier by the cut of one' },
  { name: 'Drains', statement: 'when all is quiet, a link holds nothing' },
  { name: 'CodecHolds', statement: 'no input makes a decoder throw, over-read, or take what is malformed' },
  { name: 'Recovers', statement: 'within 15 s of the end of all faults every lane is up and carries its own class' },
] as const satisfies readonly Invariant[];

export type LinkInvariant = (typeof LINK_INVARIANTS)[number]['name'];
