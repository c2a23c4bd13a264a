import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CreditReceiver, CreditSender, createFrame, SendResult } from '../../src/index.ts';
import { LinkPair, upTo } from '../link-pair.ts';

const CONTROL = { id: 1, trafficClass: 0, isReliable: true };
const BULK = { id: 3, trafficClass: 2, isReliable: true };
const KIB = 1024;
const SMALL = {
  queueBytesMax: 256 * KIB,
  flowQueueBytesMax: 128 * KIB,
  creditBytes: [64 * KIB, 64 * KIB, 64 * KIB],
  peerCreditBytes: [64 * KIB, 64 * KIB, 64 * KIB],
};

suite('a receiver that does not take', () => {
  test('stops the sender at its credit, blocks it at its queue, and everything arrives when it takes again', () => {
    const pair = new LinkPair(SMALL).connect(0, 1, 2);
    pair.b.releases = false;
    const flow = pair.a.link.openFlow(BULK);
    let accepted = 0;
    for (let i = 0; i < 200; i += 1) {
      accepted += pair.send(pair.a, flow, 100, 1_000, accepted + 1);
      pair.run(2);
    }
    const stats = pair.a.link.stats();
    const taken = pair.b.received.length;
    assert.ok(taken * 1_032 <= 64 * KIB && taken * 1_032 > 62 * KIB, `${taken}`);
    assert.ok(stats.queuedBytes <= 128 * KIB && stats.creditBytes[2]! >= 0 && stats.creditBytes[2]! < 1_032);
    const frame = createFrame({ trafficClass: 2, payload: new Uint8Array(1_000) });
    assert.equal(pair.a.link.trySend(flow, frame, pair.nowMs), SendResult.wouldBlock);
    assert.ok(pair.a.link.retryHintMs > 0);
    const waitedMs = pair.a.link.stats().creditWaitMs[2]!;
    pair.b.releases = true;
    for (const { trafficClass, bytes } of pair.b.unreleased) pair.b.link.release(trafficClass, bytes, pair.nowMs);
    pair.until(() => pair.b.received.length === accepted);
    assert.ok(pair.a.link.stats().creditWaitMs[2]! > waitedMs + 300);
    assert.deepEqual(pair.b.seqsOf(BULK.id), upTo(accepted));
  });

  test('of one class does not stop another', () => {
    const pair = new LinkPair(SMALL).connect(0, 1, 2);
    pair.b.releases = false;
    const bulk = pair.a.link.openFlow(BULK);
    for (let i = 0; i < 50; i += 1) {
      pair.send(pair.a, bulk, 10, 1_000);
      pair.run(2);
    }
    pair.send(pair.a, pair.a.link.openFlow(CONTROL), 10);
    pair.run(20);
    assert.deepEqual(pair.b.seqsOf(CONTROL.id), upTo(10));
  });

  test('a sender that exceeds its credit is refused', () => {
    const pair = new LinkPair({ creditBytes: [65_536, 65_536, 65_536] }).connect(0, 1, 2);
    pair.b.releases = false;
    pair.send(pair.a, pair.a.link.openFlow(BULK), 200, 1_000);
    pair.run(50);
    assert.ok(pair.b.link.refused.get('over_credit')! > 0);
    assert.ok(pair.b.link.stats().unreleasedBytes[2]! <= 65_536);
  });

  test('credit is conserved: what may be sent and what is unreleased make up the window when all is quiet', () => {
    const pair = new LinkPair(SMALL).connect(0, 1, 2);
    const flow = pair.a.link.openFlow(BULK);
    for (let i = 0; i < 40; i += 1) {
      pair.b.releases = i % 2 === 0;
      pair.send(pair.a, flow, 5, 700, i * 5 + 1);
      pair.run(3);
      const { creditBytes } = pair.a.link.stats();
      const { unreleasedBytes } = pair.b.link.stats();
      for (const c of [0, 1, 2]) assert.ok(creditBytes[c]! + unreleasedBytes[c]! <= 64 * KIB);
    }
    pair.run(300);
    const window = pair.a.link.stats().creditBytes[2]! + pair.b.link.stats().unreleasedBytes[2]!;
    assert.equal(window, 64 * KIB);
  });
});

suite('queues', () => {
  const payload = new Uint8Array(1_000);
  const bulkFrame = (seq: number) => createFrame({ trafficClass: 2, flow: 3, seqLow: seq, payload });

  test('a tenth is left to control', () => {
    const pair = new LinkPair(SMALL);
    const flows = [10, 11, 12].map((id) => pair.a.link.openFlow({ ...BULK, id }));
    for (const flow of flows) while (pair.a.link.trySend(flow, bulkFrame(1), 0) === SendResult.accepted);
    const queued = pair.a.link.stats().queuedBytes;
    assert.ok(queued <= 256 * KIB * 0.9 && queued > 256 * KIB * 0.9 - 1_032, `${queued}`);
    assert.equal(pair.send(pair.a, pair.a.link.openFlow(CONTROL), 20, 1_000), 20);
  });

  test('drop-oldest keeps the newest and counts what went', () => {
    const pair = new LinkPair(SMALL);
    const flow = pair.a.link.openFlow({ ...BULK, isReliable: false, whenFull: 'drop-oldest' });
    for (let i = 1; i <= 500; i += 1) assert.equal(pair.a.link.trySend(flow, bulkFrame(i), 0), SendResult.accepted);
    const kept = 500 - flow.dropped.oldest;
    assert.equal(kept, Math.floor((128 * KIB) / 1_032));
    pair.connect(0, 1, 2).run(200);
    assert.deepEqual(pair.b.seqsOf(3), upTo(kept, 501 - kept));
  });

  test('drop-newest keeps the oldest and counts what went', () => {
    const pair = new LinkPair(SMALL);
    const flow = pair.a.link.openFlow({ ...BULK, isReliable: false, whenFull: 'drop-newest' });
    const results = upTo(500).map((i) => pair.a.link.trySend(flow, bulkFrame(i), 0));
    const kept = results.filter((result) => result === SendResult.accepted).length;
    assert.equal(flow.dropped.newest, 500 - kept);
    assert.equal(results.at(-1), SendResult.dropped);
    pair.connect(0, 1, 2).run(200);
    assert.deepEqual(pair.b.seqsOf(3), upTo(kept));
  });

  test('flows of a lane share it: a long queue does not starve a short one', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    pair.a.wires[2]!.bytesPerMs = 1_000;
    const [long, short] = [pair.a.link.openFlow(BULK), pair.a.link.openFlow({ ...BULK, id: 4 })];
    pair.send(pair.a, long, 800, 1_000);
    pair.run(2);
    pair.send(pair.a, short, 5, 1_000);
    pair.until(() => pair.b.seqsOf(4).length === 5);
    assert.ok(pair.b.seqsOf(3).length < 400, `${pair.b.seqsOf(3).length}`);
  });

  test('the unacknowledged bytes of a lane stay within its window', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    pair.a.wires[2]!.bytesPerMs = 500;
    const flow = pair.a.link.openFlow(BULK);
    for (let i = 0, next = 1; i < 1_000; i += 1) {
      next += pair.send(pair.a, flow, 50, 1_000, next);
      pair.run(1);
      const { inFlightBytes, windowBytes } = pair.a.link.stats().lanes[2]!;
      assert.ok(inFlightBytes <= Math.max(windowBytes, 64 * KIB) + 1, `${inFlightBytes} of ${windowBytes}`);
    }
    const { windowBytes, rate } = pair.a.link.stats().lanes[2]!;
    assert.ok(rate > 400 && rate < 600, `${rate} bytes/ms`);
    assert.ok(windowBytes < 256 * KIB, `${windowBytes}`);
  });

  test('a fast long lane gets a window that fills it', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    for (const end of [pair.a, pair.b]) end.wires[2]!.delayMs = 25;
    pair.a.wires[2]!.bytesPerMs = 12_500;
    const flow = pair.a.link.openFlow(BULK);
    let next = 1;
    for (let i = 0; i < 3_000; i += 1) {
      next += pair.send(pair.a, flow, 20, 1_000, next);
      pair.run(1);
    }
    const megabitsPerSecond = (pair.b.received.length * 1_032 * 8) / 3_000 / 1_000;
    assert.ok(megabitsPerSecond > 70, `${megabitsPerSecond}`);
  });
});

suite('end-to-end credit of a flow', () => {
  test('a reliable flow waits for grants, a best-effort one drops and counts', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    const reliable = pair.a.link.openFlow({ ...BULK, creditBytes: 5 * 132 });
    assert.equal(pair.send(pair.a, reliable, 10), 5);
    const frame = createFrame({ trafficClass: 2, flow: 3, seqLow: 6, payload: new Uint8Array(100) });
    assert.equal(pair.a.link.trySend(reliable, frame, pair.nowMs), SendResult.noCredit);
    assert.ok(reliable.grant(8 * 132));
    assert.equal(pair.send(pair.a, reliable, 10, 100, 6), 3);
    const lossy = pair.a.link.openFlow({ ...BULK, id: 9, isReliable: false, creditBytes: 132 });
    for (let i = 0; i < 4; i += 1) pair.a.link.trySend(lossy, frame, pair.nowMs);
    assert.equal(lossy.dropped.noCredit, 3);
  });

  test('grants may be repeated, overtaken and wrap around; none takes credit back', () => {
    const sender = new CreditSender(100);
    assert.ok(sender.take(100));
    assert.equal(sender.take(1), false);
    assert.ok(sender.grant(300));
    assert.equal(sender.grant(200), false);
    assert.equal(sender.available, 200);
    const receiver = new CreditReceiver(1 << 20);
    const long = new CreditSender(1 << 20);
    for (let i = 0; i < 5_000; i += 1) {
      assert.ok(long.take(1 << 20) && receiver.receive(1 << 20));
      assert.equal(receiver.receive(1), false);
      receiver.release(1 << 20);
      assert.ok(long.grant(receiver.announce()));
      assert.equal(long.available, 1 << 20);
    }
  });

  test('more than is held cannot be released', () => {
    const receiver = new CreditReceiver(1_000);
    receiver.receive(10);
    assert.throws(() => receiver.release(11), RangeError);
  });
});
