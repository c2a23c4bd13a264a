import { FrameType } from '@peermesh/link';

/** What messages between members are for. From 16 on applications choose. */
export const Channel = {
  gossip: 1,
  raft: 2,
  control: 3,
  /** The first channel of applications. */
  data: 16,
} as const;

/** The frame type that tells relays and traces what a channel is. */
export function frameTypeOf(channel: number): number {
  if (channel === Channel.gossip) return FrameType.gossip;
  if (channel === Channel.raft) return FrameType.raft;
  return channel === Channel.control ? FrameType.control : FrameType.data;
}
