import type { LaneCause, LaneState } from './lane.ts';
import type { Delivery } from './receiver.ts';
import type { LaneWrite } from './sender.ts';

/** What happened on a link. */
export type LinkEvent =
  | {
      readonly kind: 'lane';
      readonly lane: number;
      readonly from: LaneState;
      readonly to: LaneState;
      readonly cause: LaneCause;
    }
  /** Another lane now carries control; -1 for none. */
  | { readonly kind: 'control-carrier'; readonly lane: number }
  | { readonly kind: 'link'; readonly isUp: boolean }
  /** More bulk lanes would help: dial this one. */
  | { readonly kind: 'lane-wanted'; readonly lane: number }
  /** This bulk lane is idle: close it. */
  | { readonly kind: 'lane-unwanted'; readonly lane: number }
  /** This process stood still for so long; no lane is blamed for it. */
  | { readonly kind: 'stall'; readonly ms: number };

/** What is to be done now, taken once. */
export interface Ready {
  readonly writes: readonly LaneWrite[];
  readonly deliveries: readonly Delivery[];
  readonly events: readonly LinkEvent[];
}
