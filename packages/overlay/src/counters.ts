/** Why a frame went no further here. Reliable ones among them are sent again by their source. */
export type DropReason =
  /** No hop left: never seen as long as routes are strict. */
  | 'ttl'
  /** The route names this node twice or leads back to where the frame came from. */
  | 'bad_route'
  /** From a node that is not a member, or from or for one. */
  | 'not_a_member'
  /** This node does not forward for others. */
  | 'not_a_relay'
  /** There is no way to its destination, or was none for as long as it could wait. */
  | 'no_route'
  /** A best-effort frame of others found no room. */
  | 'congested'
  /** A best-effort frame of others gave its room to a newer one. */
  | 'displaced'
  /** The next hop took nothing for `stallMs`: breaks circles of relays that wait for each other. */
  | 'stalled'
  /** Too many frames wait for a route. */
  | 'hold_full'
  /** Of a type that is not spoken here, or of another class than the lane that it came over. */
  | 'bad_type'
  | 'bad_class';

/** Counts since start, for metrics. */
export class OverlayCounters {
  /** Frames and bytes of others that were passed on. */
  transitFrames = 0;
  transitBytes = 0;
  /** Frames whose route was replaced by a repair here. */
  repairedFrames = 0;
  /** Frames that had to wait: for a route, for room. */
  heldFrames = 0;
  parkedFrames = 0;
  /** Reliable frames taken back from a link that went down, and sent another way. */
  recalledFrames = 0;
  retransmittedFrames = 0;
  duplicateFrames = 0;
  /** Frames refused by end-to-end flows: of an earlier life of either end, malformed, over the window. */
  staleFrames = 0;
  malformedFrames = 0;
  overCreditFrames = 0;
  readonly #drops = new Map<DropReason, Map<number, number>>();

  drop(reason: DropReason, flow: number): void {
    let flows = this.#drops.get(reason);
    if (flows === undefined) {
      flows = new Map();
      this.#drops.set(reason, flows);
    }
    const key = flows.has(flow) || flows.size < FLOWS_MAX ? flow : OTHER_FLOWS;
    flows.set(key, (flows.get(key) ?? 0) + 1);
  }

  /** Frames dropped for this reason, of all flows. */
  dropped(reason: DropReason): number {
    let sum = 0;
    for (const count of this.#drops.get(reason)?.values() ?? []) sum += count;
    return sum;
  }

  /** Drops by reason and flow id. What is over the 256th flow of a reason is counted under flow 2^32-1. */
  drops(): { readonly reason: DropReason; readonly flow: number; readonly count: number }[] {
    const list = [];
    for (const [reason, flows] of this.#drops) for (const [flow, count] of flows) list.push({ reason, flow, count });
    return list;
  }
}

const FLOWS_MAX = 256;
const OTHER_FLOWS = 0xffff_ffff;
