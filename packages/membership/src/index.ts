export { type Admission, type JoinPolicy, OPEN_ADMISSION } from './admission.ts';
export { type Claim, type MemberRecord, type MemberState, type NodeId } from './claim.ts';
export { Codec } from './codec/codec.ts';
export type { JoinRefusal, Message } from './codec/messages.ts';
export { REFUSAL_REASONS, type RefusalReason } from './codec/refusal.ts';
export { MEMBERSHIP_PRESETS, type MembershipConfig, membershipConfigFlaws } from './config.ts';
export type { MembershipEvent, MemberView, Packet } from './events.ts';
export { createMembership, type Membership, type MembershipOptions, type Ready } from './membership.ts';
export type { MembershipCounters } from './outbox.ts';
