import type { MemberRecord, MemberState, NodeId } from './claim.ts';
import type { JoinRefusal } from './codec/messages.ts';

/** A member as this node sees it at one moment. */
export interface MemberView extends MemberRecord {
  readonly incarnation: number;
  readonly state: MemberState;
  /** When the state last changed, in the caller's milliseconds. */
  readonly stateChangedAtMs: number;
}

/** What changed; in order, each once. */
export type MembershipEvent =
  | {
      readonly type: 'member_joined' | 'member_updated' | 'member_refuted' | 'member_rejoined' | 'member_left';
      readonly member: MemberView;
    }
  | { readonly type: 'member_suspected' | 'member_failed'; readonly member: MemberView; readonly by: NodeId }
  /** Another key claims a taken id, this node's own included; the claim was refused. */
  | {
      readonly type: 'identity_conflict';
      readonly id: NodeId;
      readonly identity: string;
      readonly claimedIdentity: string;
      readonly claimedAddress: string;
    }
  /** Somebody held this node for suspect, failed or left; it objected with `incarnation`. */
  | { readonly type: 'self_refuted'; readonly by: NodeId; readonly incarnation: number }
  | { readonly type: 'observer_stalled'; readonly stalledMs: number }
  | { readonly type: 'join_completed'; readonly via: NodeId; readonly activeCount: number }
  | { readonly type: 'join_refused'; readonly by: NodeId; readonly reason: JoinRefusal }
  | { readonly type: 'leave_completed' };

/** Bytes to be sent. */
export interface Packet {
  /** The member meant, or undefined while only its address is known. */
  readonly to: NodeId | undefined;
  /** Where to, or empty for an answer to a stranger: over the connection that it came from. */
  readonly address: string;
  readonly bytes: Uint8Array;
  /** Needs a channel that retries (large, or costly to lose); otherwise a lost packet is expected and harmless. */
  readonly isReliable: boolean;
}
