import type { BatchHeader } from '../wire/batch.ts';
import { BATCH_HEADER_BYTES, CLASSES, FrameFlag, LANES_MAX, type Refusal } from '../wire/format.ts';
import { FrameCursor } from '../wire/frame-cursor.ts';
import type { LinkConfig } from './config.ts';
import { CreditReceiver } from './credit.ts';
import { ReceiveSpace } from './receive-space.ts';
import { Resequencer } from './resequencer.ts';
import { classOf } from './spaces.ts';

/** Frames handed over: those of `bytes` from `from` to `end`, to be walked with a FrameCursor; each was checked. */
export interface Delivery {
  /** The class whose credit is given back with `release` as the frames are passed on. */
  readonly trafficClass: number;
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly end: number;
  /** Frames of striped flows that later ones were delivered before. */
  readonly isLate: boolean;
}

/** What came in: in order and once per sequence space, within the credit that was granted. */
export class Receiver {
  readonly spaces: readonly ReceiveSpace[];
  readonly credits: readonly CreditReceiver[];
  readonly resequencer: Resequencer;
  deliveries: Delivery[] = [];
  readonly #config: LinkConfig;
  readonly #cursor = new FrameCursor();

  constructor(config: LinkConfig) {
    this.#config = config;
    this.spaces = Array.from({ length: LANES_MAX }, () => new ReceiveSpace(config.reorderBytesMax));
    this.credits = Array.from({ length: CLASSES }, (_, i) => new CreditReceiver(config.creditBytes[i] ?? 0));
    this.resequencer = new Resequencer(config.resequencerBytesMax, config.resequencerMs);
  }

  /** Takes a well-formed batch of the sequence. A duplicate is acknowledged again, since the first answer may be lost. */
  onBatch(header: BatchHeader, bytes: Uint8Array, nowMs: number): Refusal | null {
    const space = this.spaces[header.lane]!;
    if (space.isDuplicate(header.batchSeq)) {
      space.duplicates += 1;
      space.owe(bytes.length, nowMs);
      return null;
    }
    if (!space.hasRoomFor(header.batchSeq, bytes.length)) return 'reorder_full';
    const trafficClass = classOf(header.lane);
    if (!this.credits[trafficClass]!.receive(bytes.length - BATCH_HEADER_BYTES)) return 'over_credit';
    space.owe(bytes.length, nowMs);
    if (header.batchSeq !== space.taken + 1) {
      space.hold(header.batchSeq, bytes);
      return null;
    }
    space.taken += 1;
    this.#deliver(trafficClass, bytes, nowMs);
    for (let next = space.takeHeld(); next !== null; next = space.takeHeld()) this.#deliver(trafficClass, next, nowMs);
    return null;
  }

  /** Passes over gaps in striped flows that were waited for long enough. */
  tick(nowMs: number): void {
    for (const frame of this.resequencer.expire(nowMs)) this.#push(STRIPED_CLASS, frame, 0, frame.length, false);
  }

  #deliver(trafficClass: number, bytes: Uint8Array, nowMs: number): void {
    if (trafficClass !== STRIPED_CLASS || !this.#config.resequences) {
      this.#push(trafficClass, bytes, BATCH_HEADER_BYTES, bytes.length, false);
      return;
    }
    const cursor = this.#cursor;
    cursor.reset(bytes, BATCH_HEADER_BYTES, bytes.length);
    let from = BATCH_HEADER_BYTES;
    while (cursor.next()) {
      if ((cursor.flags & FrameFlag.striped) === 0) continue;
      const place = this.resequencer.add(cursor, nowMs);
      if (place === 'pass') {
        if (this.resequencer.heldBytes === 0) continue;
        this.#push(trafficClass, bytes, from, cursor.frameEnd, false);
        for (const frame of this.resequencer.follow(cursor, nowMs))
          this.#push(trafficClass, frame, 0, frame.length, false);
      } else {
        this.#push(trafficClass, bytes, from, cursor.at, false);
        if (place === 'late') this.#push(trafficClass, bytes, cursor.at, cursor.frameEnd, true);
      }
      from = cursor.frameEnd;
    }
    this.#push(trafficClass, bytes, from, bytes.length, false);
  }

  #push(trafficClass: number, bytes: Uint8Array, from: number, end: number, isLate: boolean): void {
    if (from < end) this.deliveries.push({ trafficClass, bytes, from, end, isLate });
  }
}

const STRIPED_CLASS = 2;
