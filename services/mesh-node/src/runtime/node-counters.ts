import type { MeshCore } from '@peermesh/mesh-core';
import type { DropReason } from '@peermesh/overlay';

const DROP_REASONS: readonly DropReason[] = [
  'ttl',
  'bad_route',
  'not_a_member',
  'not_a_relay',
  'no_route',
  'congested',
  'displaced',
  'stalled',
  'hold_full',
  'bad_type',
  'bad_class',
];

/** What a node counts of frames, by name; nothing while it has no overlay. */
export function countersOf({ overlay }: Pick<MeshCore, 'overlay'>): Record<string, number> {
  if (overlay === null) return {};
  const { counters } = overlay;
  const dropped = DROP_REASONS.map((reason) => [`dropped_${reason}`, counters.dropped(reason)] as const);
  return {
    transit_frames: counters.transitFrames,
    transit_bytes: counters.transitBytes,
    repaired_frames: counters.repairedFrames,
    held_frames: counters.heldFrames,
    parked_frames: counters.parkedFrames,
    recalled_frames: counters.recalledFrames,
    retransmitted_frames: counters.retransmittedFrames,
    duplicate_frames: counters.duplicateFrames,
    stale_frames: counters.staleFrames,
    malformed_frames: counters.malformedFrames,
    over_credit_frames: counters.overCreditFrames,
    ...Object.fromEntries(dropped.filter(([, count]) => count > 0)),
  };
}
