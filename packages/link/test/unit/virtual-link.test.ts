import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createFrame, createVirtualLink, DEFAULT_LINK_CONFIG, SendResult } from '../../src/index.ts';
import { LinkPair, upTo } from '../link-pair.ts';

const CONTROL = { id: 1, trafficClass: 0, isReliable: true };
const PRIORITY = { id: 2, trafficClass: 1, isReliable: true };
const BULK = { id: 3, trafficClass: 2, isReliable: true };

suite('a link with all its lanes', () => {
  test('frames of each class arrive once and in order, over the lane of their class', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    for (const options of [CONTROL, PRIORITY, BULK]) {
      const flow = pair.a.link.openFlow(options);
      assert.equal(pair.send(pair.a, flow, 500), 500);
      pair.run(100);
      assert.deepEqual(pair.b.seqsOf(options.id), upTo(500));
    }
    const sent = pair.a.link.stats().lanes.map(({ sentBytes }) => sentBytes > 50_000);
    assert.deepEqual(sent.slice(0, 4), [true, true, true, false]);
    assert.equal(pair.a.link.stats().unackedBytes, 0);
  });

  test('small frames of one turn leave as one batch within a millisecond', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    const before = pair.a.wires[1]!.sent;
    pair.send(pair.a, pair.a.link.openFlow(PRIORITY), 100);
    assert.ok(pair.a.link.flushAtMs <= pair.nowMs + 1);
    pair.run(2);
    assert.equal(pair.a.wires[1]!.sent, before + 1);
  });

  test('64 KiB of frames are due at once', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    pair.send(pair.a, pair.a.link.openFlow(BULK), 65, 1_000);
    assert.equal(pair.a.link.flushAtMs, pair.nowMs);
  });

  test('a message over 32 KiB travels in fragments and control overtakes it', () => {
    const pair = new LinkPair({}, 1).connect(0);
    pair.a.wires[0]!.bytesPerMs = 1_000;
    const [bulk, control] = [pair.a.link.openFlow(BULK), pair.a.link.openFlow(CONTROL)];
    for (let i = 1; i < 9; i += 1) {
      assert.equal(pair.send(pair.a, bulk, 1, 100_000, i), 1);
    }
    pair.run(60);
    pair.send(pair.a, control, 1);
    pair.until(() => pair.b.seqsOf(CONTROL.id).length === 1);
    assert.ok(pair.b.seqsOf(BULK.id).length < 28);
    pair.until(() => pair.b.seqsOf(BULK.id).length === 32);
  });

  test('a frame of another class than its flow, or that cannot be encoded, is refused', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    const flow = pair.a.link.openFlow(BULK);
    const send = (frame: ReturnType<typeof createFrame>): number => pair.a.link.trySend(flow, frame, pair.nowMs);
    assert.equal(send(createFrame({ trafficClass: 1 })), SendResult.malformed);
    assert.equal(send(createFrame({ trafficClass: 2, ttl: 0 })), SendResult.malformed);
    assert.equal(send(createFrame({ trafficClass: 2, payload: new Uint8Array(2_000_000) })), SendResult.tooLarge);
  });

  test('settings that cannot work together are named, all of them', () => {
    const config = { ...DEFAULT_LINK_CONFIG, downAfterMs: 100, controlReserve: 1, creditBytes: [1] };
    const create = (): unknown => createVirtualLink({ config, random: Math.random, epoch: 1 });
    assert.throws(create, /downAfterMs.*controlReserve.*creditBytes/);
  });
});
