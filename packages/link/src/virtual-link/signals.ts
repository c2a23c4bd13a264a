import { writeU32 } from '../wire/bytes.ts';
import { BATCH_HEADER_BYTES, FrameType, TrafficClass } from '../wire/format.ts';
import { createFrame, type Frame, frameBytes, writeFrame } from '../wire/frame-writer.ts';
import type { LinkConfig } from './config.ts';
import type { Lane } from './lane.ts';
import type { Receiver } from './receiver.ts';
import type { Sender } from './sender.ts';
import { FIRST_BULK } from './spaces.ts';

/** Payload of an echo: its number. */
export const ECHO_BYTES = 4;

/** What a link sends outside its sequences: echoes, answers to them, and acknowledgements that no batch carried. */
export class Signals {
  readonly #config: LinkConfig;
  readonly #lanes: readonly Lane[];
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #random: () => number;
  readonly #echoFrame: Frame;

  constructor(config: LinkConfig, lanes: readonly Lane[], sender: Sender, receiver: Receiver, random: () => number) {
    this.#config = config;
    this.#lanes = lanes;
    this.#sender = sender;
    this.#receiver = receiver;
    this.#random = random;
    this.#echoFrame = createFrame({ ttl: 1, trafficClass: TrafficClass.control, payload: new Uint8Array(ECHO_BYTES) });
  }

  /** Sends the echoes that are due, and with them what other spaces that the lane carries have to acknowledge. */
  sendEchoes(nowMs: number): void {
    for (const lane of this.#lanes) {
      if (!lane.isConnected) continue;
      const id = lane.echo.poll(nowMs, this.#random);
      if (id === 0) continue;
      this.#writeEcho(lane, FrameType.echo, id);
      for (const space of this.#sender.spaces)
        if (space.carrier === lane.index && space.index !== lane.index && this.#receiver.spaces[space.index]!.taken > 0)
          this.#writeAck(space.index);
    }
  }

  answerEcho(lane: Lane, id: number): void {
    this.#writeEcho(lane, FrameType.echoReply, id);
  }

  /** Acknowledgements and grants that no batch of this turn carried. Returns when the next one is due. */
  sendAcks(nowMs: number): number {
    const { ackDelayMs, ackEveryBytes } = this.#config;
    let dueAtMs = Number.POSITIVE_INFINITY;
    for (const space of this.#sender.spaces) {
      if (space.carrier < 0) continue;
      const received = this.#receiver.spaces[space.index]!;
      const isOverdue = nowMs - received.unackedSinceMs >= ackDelayMs || received.unackedBytes >= ackEveryBytes;
      const isFirst = space.index <= FIRST_BULK;
      if (isOverdue || (isFirst && this.#receiver.credits[space.trafficClass]!.isAnnouncementDue))
        this.#writeAck(space.index);
      else dueAtMs = Math.min(dueAtMs, received.unackedSinceMs + ackDelayMs);
    }
    return dueAtMs;
  }

  #writeEcho(lane: Lane, type: number, id: number): void {
    const frame = this.#echoFrame;
    frame.type = type;
    writeU32(frame.payload, 0, id);
    const bytes = this.#sender.acknowledgement(lane.index, 1, BATCH_HEADER_BYTES + frameBytes(frame));
    writeFrame(frame, bytes, BATCH_HEADER_BYTES);
    this.#sender.writes.push({ lane: lane.index, bytes });
  }

  #writeAck(space: number): void {
    const lane = this.#sender.spaces[space]!.carrier;
    if (lane < 0) return;
    this.#sender.writes.push({ lane, bytes: this.#sender.acknowledgement(space, 0, BATCH_HEADER_BYTES) });
  }
}
