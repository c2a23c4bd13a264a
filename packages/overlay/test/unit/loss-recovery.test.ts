import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrafficClass } from '@peermesh/link';
import type { FlowKind } from '../../src/flows/flow-id.ts';
import { PART_HEADER_BYTES } from '../../src/flows/part.ts';
import { ReceiveFlow } from '../../src/flows/receive-flow.ts';
import { SendFlow } from '../../src/flows/send-flow.ts';
import { DEFAULT_OVERLAY } from '../../src/index.ts';
import { seeded } from '../fixtures/small-mesh.ts';

const KIND: FlowKind = {
  channel: 16,
  index: 0,
  trafficClass: TrafficClass.bulk,
  isReliable: true,
  isMultiPath: false,
};
const { flow: CONFIG } = DEFAULT_OVERLAY;
const ONE_WAY_MS = 10;
const STEP_MS = 1;
const FRAME_BYTES = 16 * 1024;
const WINDOW_FRAMES = Math.floor(CONFIG.windowBytes / (FRAME_BYTES + PART_HEADER_BYTES));

interface Loss {
  /** Whether the `nth` transmission of all is lost. */
  readonly frame?: (nth: number) => boolean;
  readonly acknowledgement?: (nth: number) => boolean;
  /** How much longer it takes to get there, ms. */
  readonly delayMs?: (nth: number) => number;
}

/** Sends messages of one frame each over a path that loses some, until all are there. */
function transfer(messages: number, { frame, acknowledgement, delayMs }: Loss) {
  const sender = new SendFlow(2, 1, KIND, 0, CONFIG);
  sender.restart(1);
  const receiver = new ReceiveFlow(1, 1, KIND, { senderEpoch: 1, generation: 0 }, CONFIG);
  for (let index = 0; index < messages; index += 1) {
    const message = new Uint8Array(FRAME_BYTES);
    new DataView(message.buffer).setUint32(0, index);
    assert.ok(sender.offer(message));
  }
  const events: { readonly atMs: number; run(nowMs: number): void }[] = [];
  const got: number[] = [];
  let [frames, acknowledgements, duplicates, nowMs] = [0, 0, 0, 0];
  const acknowledge = (): void => {
    const told = receiver.acknowledge(1);
    const nth = acknowledgements++;
    if (acknowledgement?.(nth)) return;
    events.push({ atMs: nowMs + ONE_WAY_MS, run: (atMs) => assert.ok(sender.onAcknowledgement(told, atMs)) });
  };
  const send = (position: number): void => {
    const { bytes, at, length } = sender.part(position);
    const [seq, copy, nth] = [sender.seqOf(position), bytes.slice(at, at + length), frames++];
    sender.onSent(position, nowMs);
    if (frame?.(nth)) return;
    const run = (atMs: number): void => {
      if (receiver.take(seq, copy, 0, length, atMs) === 'duplicate') duplicates += 1;
      for (const { bytes: message, credit } of receiver.messages.splice(0)) {
        got.push(new DataView(message.buffer, message.byteOffset).getUint32(0));
        receiver.release(credit, atMs);
      }
    };
    events.push({ atMs: nowMs + ONE_WAY_MS + (delayMs?.(nth) ?? 0), run });
  };
  for (; !sender.isIdle && nowMs < 600_000; nowMs += STEP_MS) {
    for (const event of events.filter(({ atMs }) => atMs <= nowMs)) {
      events.splice(events.indexOf(event), 1);
      event.run(nowMs);
    }
    if (receiver.ackDueAtMs <= nowMs) acknowledge();
    sender.onTimer(nowMs);
    for (let position = sender.next; position >= 0; position = sender.next) send(position);
  }
  assert.deepEqual(
    got,
    Array.from({ length: messages }, (_, index) => index),
  );
  return { tookMs: nowMs, duplicates, retransmitted: sender.retransmitted };
}

/** One turn of what is sent again: there, the delay of the acknowledgement, and back. */
const TURN_MS = 2 * ONE_WAY_MS + CONFIG.ackDelayMs + 2 * STEP_MS;

test('a whole window that is lost costs one timeout, and a round trip for each 64 KiB', () => {
  const { tookMs, retransmitted, duplicates } = transfer(WINDOW_FRAMES, { frame: (nth) => nth < WINDOW_FRAMES });
  const turns = Math.ceil((WINDOW_FRAMES * FRAME_BYTES) / (64 * 1024)) + 1;
  assert.deepEqual([retransmitted, duplicates], [WINDOW_FRAMES, 0]);
  assert.ok(tookMs <= CONFIG.retransmitMinMs + turns * TURN_MS, `${tookMs} ms`);
});

test('holes in a window are filled one after the other without a timeout for each, and nothing else is sent again', () => {
  const lost = (nth: number): boolean => nth < WINDOW_FRAMES && nth % 4 === 1;
  const { tookMs, retransmitted, duplicates } = transfer(WINDOW_FRAMES, { frame: lost });
  const holes = Array.from({ length: WINDOW_FRAMES }, (_, nth) => nth).filter(lost).length;
  assert.ok(tookMs <= CONFIG.retransmitMinMs + (holes + 2) * TURN_MS, `${tookMs} ms for ${holes} holes`);
  // A timeout sends the first 64 KiB again, whether all of it is missing or not.
  assert.ok(retransmitted - holes <= 4, `${retransmitted} for ${holes} holes`);
  assert.equal(duplicates, retransmitted - holes);
});

test('a timeout that was mistaken sends no more than the oldest 64 KiB again', () => {
  const { retransmitted } = transfer(WINDOW_FRAMES, { delayMs: () => 2 * CONFIG.retransmitMinMs - 100 });
  assert.ok(retransmitted <= 5, `${retransmitted} frames`);
});

test('whatever is lost either way, all arrives once and in order', () => {
  let retransmitted = 0;
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seeded(seed);
    const ratio = random() * 0.4;
    const isLost = (): boolean => random() < ratio;
    const delayMs = (): number => (random() < 0.1 ? random() * 100 : 0);
    retransmitted += transfer(150, { frame: isLost, acknowledgement: isLost, delayMs }).retransmitted;
  }
  assert.ok(retransmitted > 500, String(retransmitted));
});
