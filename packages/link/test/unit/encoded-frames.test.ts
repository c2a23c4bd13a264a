import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFrame, type Frame, frameBytes, SendResult, writeFrame } from '../../src/index.ts';
import { LinkPair, upTo } from '../link-pair.ts';

const PRIORITY = { id: 5, trafficClass: 1, isReliable: true };
const KIB = 1024;

function encode(frames: readonly Frame[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frameBytes(frame), 0));
  let at = 0;
  for (const frame of frames) at = writeFrame(frame, bytes, at);
  return bytes;
}
const frames = (count: number, trafficClass = 1): Frame[] =>
  upTo(count).map((seq) =>
    createFrame({ flow: PRIORITY.id, trafficClass, seqLow: seq, payload: new Uint8Array(seq % 300).fill(seq) }),
  );

test('a run of encoded frames arrives as the same frames sent one by one do, over as many batches as it takes', () => {
  const [whole, single] = [new LinkPair(), new LinkPair()].map((pair) => pair.connect(0, 1, 2));
  const run = encode(frames(400));
  const result = whole!.a.link.trySendRun(whole!.a.link.openFlow(PRIORITY), run, 0, run.length, whole!.nowMs);
  assert.equal(result, SendResult.accepted);
  const flow = single!.a.link.openFlow(PRIORITY);
  for (const frame of frames(400)) assert.equal(single!.a.link.trySend(flow, frame, single!.nowMs), 0);
  for (const pair of [whole!, single!]) pair.until(() => pair.b.received.length === 400);
  const seen = ({ b }: LinkPair) => b.received.map(({ seq, payload }) => [seq, payload.length, payload[0]]);
  assert.deepEqual(seen(whole!), seen(single!));
});

test('of a run that does not fit nothing is taken, and it is taken whole when there is room again', () => {
  const pair = new LinkPair({ queueBytesMax: 256 * KIB, flowQueueBytesMax: 100 * KIB });
  const flow = pair.a.link.openFlow(PRIORITY);
  const run = encode(frames(300));
  assert.equal(pair.a.link.trySendRun(flow, run, 0, run.length, pair.nowMs), SendResult.accepted);
  const { queuedBytes } = pair.a.link.stats();
  assert.equal(queuedBytes, run.length);
  assert.equal(pair.a.link.trySendRun(flow, run, 0, run.length, pair.nowMs), SendResult.wouldBlock);
  assert.equal(pair.a.link.stats().queuedBytes, queuedBytes);
  pair.connect(0, 1, 2).until(() => pair.b.received.length === 300);
  assert.equal(pair.a.link.trySendRun(flow, run, 0, run.length, pair.nowMs), SendResult.accepted);
  pair.until(() => pair.b.received.length === 600);
  assert.deepEqual(pair.b.seqsOf(PRIORITY.id), [...upTo(300), ...upTo(300)]);
});

test('a run of another class than its flow is refused', () => {
  const pair = new LinkPair().connect(0, 1, 2);
  const run = encode(frames(3, 2));
  const flow = pair.a.link.openFlow(PRIORITY);
  assert.equal(pair.a.link.trySendRun(flow, run, 0, run.length, pair.nowMs), SendResult.malformed);
  assert.equal(pair.a.link.stats().queuedBytes, 0);
});

test('a part is sent as the frame with those bytes for its payload, and keeps nothing of them', () => {
  const pair = new LinkPair().connect(0, 1, 2);
  const flow = pair.a.link.openFlow(PRIORITY);
  const slab = Uint8Array.from({ length: 1_000 }, (_, i) => i & 0xff);
  const frame = createFrame({ flow: PRIORITY.id, seqLow: 9, segments: [4, 5] });
  assert.equal(pair.a.link.trySendPart(flow, frame, slab, 100, 400, pair.nowMs), SendResult.accepted);
  const sent = slab.slice(100, 400);
  slab.fill(0xee);
  pair.until(() => pair.b.received.length === 1);
  assert.deepEqual([pair.b.received[0]?.seq, [...pair.b.received[0]!.payload]], [9, [...sent]]);
});

test('a part that is too long, of another class, or of a frame with a payload of its own is refused', () => {
  const { link } = new LinkPair().connect(0, 1, 2).a;
  const flow = link.openFlow(PRIORITY);
  const slab = new Uint8Array(40 * KIB);
  const send = (frame: Frame, end: number): SendResult => link.trySendPart(flow, frame, slab, 0, end, 100);
  assert.equal(send(createFrame(), 32 * KIB + 1), SendResult.malformed);
  assert.equal(send(createFrame({ trafficClass: 2 }), 10), SendResult.malformed);
  assert.equal(send(createFrame({ payload: new Uint8Array(1) }), 10), SendResult.malformed);
  assert.equal(send(createFrame(), 32 * KIB), SendResult.accepted);
});
