import type { Message } from '../message.ts';

/** A message of one group, out of a frame. */
export interface GroupMessage {
  readonly group: number;
  readonly message: Message;
  /** Of a heartbeat: the leader falls silent after it, until something is to be done. */
  readonly isLast?: boolean;
}
