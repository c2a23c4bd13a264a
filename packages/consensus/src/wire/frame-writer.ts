import type { ReplicaId } from '../entry.ts';
import { MESSAGE_VERSION, type Message } from '../message.ts';
import { ByteWriter } from './byte-writer.ts';
import type { GroupMessage } from './group-message.ts';
import {
  type GroupHeartbeat,
  type GroupHeartbeatResponse,
  writeHeartbeatResponses,
  writeHeartbeats,
} from './heartbeat-list.ts';
import { writeMessage } from './message-codec.ts';

const FRAME_BYTES_GOAL = 256 * 1024;

/** Collects messages of all groups to one other host into frames: `u8 version`, from, to, then messages and lists. */
export class FrameWriter {
  readonly #from: ReplicaId;
  readonly #to: ReplicaId;
  readonly #bytesGoal: number;
  readonly #writer = new ByteWriter();
  #frames: Uint8Array[] = [];
  #heartbeats: GroupHeartbeat[] = [];
  #responses: GroupHeartbeatResponse[] = [];

  /** @param bytesGoal a frame is closed when it has as many bytes, whatever is still to come */
  constructor(from: ReplicaId, to: ReplicaId, bytesGoal = FRAME_BYTES_GOAL) {
    this.#from = from;
    this.#to = to;
    this.#bytesGoal = bytesGoal;
  }

  /** @param isLast of a heartbeat: the leader falls silent after it */
  add(group: number, message: Message, isLast = false): void {
    if (message.type === 'heartbeat') this.#heartbeats.push({ group, message, isLast });
    else if (message.type === 'heartbeat-response') this.#responses.push({ group, message });
    else {
      this.#begin();
      writeMessage(this.#writer, group, message);
      if (this.#writer.length >= this.#bytesGoal) this.#frames.push(this.#writer.take());
    }
  }

  /** All that was added, as frames; mostly one. The writer begins anew. */
  take(): Uint8Array[] {
    if (this.#heartbeats.length > 0) {
      this.#begin();
      writeHeartbeats(this.#writer, this.#heartbeats);
      this.#heartbeats = [];
    }
    if (this.#responses.length > 0) {
      this.#begin();
      writeHeartbeatResponses(this.#writer, this.#responses);
      this.#responses = [];
    }
    if (this.#writer.length > 0) this.#frames.push(this.#writer.take());
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  #begin(): void {
    if (this.#writer.length > 0) return;
    this.#writer.u8(MESSAGE_VERSION);
    this.#writer.varint(this.#from);
    this.#writer.varint(this.#to);
  }
}

/** One frame with these messages, however large it becomes. */
export function encodeFrame(from: ReplicaId, to: ReplicaId, messages: readonly GroupMessage[]): Uint8Array {
  const writer = new FrameWriter(from, to, Number.POSITIVE_INFINITY);
  for (const { group, message, isLast } of messages) writer.add(group, message, isLast);
  return writer.take()[0] ?? new Uint8Array(0);
}
