import type { ChannelSender } from '../ports.ts';

/** The gateway pushes `publishing.realtime_notified`; writing that event, in the transaction that settles, is the delivery. */
export const realtimeSender: ChannelSender = {
  send: async () => ({
    kind: 'delivered',
    detail: 'published',
    httpStatus: null,
    response: null,
    retryAfterMs: null,
  }),
  close: async () => undefined,
};
