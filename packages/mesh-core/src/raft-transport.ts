import { decodeFrame, FrameClass, FrameWriter, type Message } from '@peermesh/consensus';
import { type Acceptance, Channel, type SendOptions } from '@peermesh/overlay';
import { CONTROL_GROUP_ID } from '@peermesh/replication';

/** A best-effort message of the overlay has no more. */
const ONE_FRAME_BYTES = 32 * 1024;

/**
 * Sends Raft messages over the overlay by short id: a broken link is another hop and no election. What fits into a frame is
 * best effort, as Raft sends again what is lost; more goes by a flow.
 */
export function sendRaft(
  self: number,
  messages: readonly Message[],
  send: (to: number, channel: number, bytes: Uint8Array, options: SendOptions) => Acceptance,
): void {
  const writers = new Map<number, FrameWriter[]>();
  for (const message of messages) {
    let classes = writers.get(message.to);
    if (classes === undefined) {
      classes = [0, 1, 2].map(() => new FrameWriter(self, message.to));
      writers.set(message.to, classes);
    }
    classes[classOf(message)]?.add(CONTROL_GROUP_ID, message);
  }
  for (const [to, classes] of writers) {
    for (const [trafficClass, writer] of classes.entries()) {
      for (const frame of writer.take()) {
        const isReliable = frame.length > ONE_FRAME_BYTES;
        send(to, Channel.raft, frame, { trafficClass: trafficClass as FrameClass, isReliable });
      }
    }
  }
}

/** The messages of a frame that are of the control group and from where the frame is from; null for any other frame. */
export function raftMessages(self: number, from: number, bytes: Uint8Array): readonly Message[] | null {
  const decoded = decodeFrame(bytes);
  if ('refused' in decoded || decoded.from !== from || decoded.to !== self) return null;
  return decoded.messages.filter(({ group }) => group === CONTROL_GROUP_ID).map(({ message }) => message);
}

function classOf({ type }: Message): FrameClass {
  if (type === 'snapshot-chunk') return FrameClass.bulk;
  return type === 'append-request' || type === 'append-response' ? FrameClass.priority : FrameClass.control;
}
