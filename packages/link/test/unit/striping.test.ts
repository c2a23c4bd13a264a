import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createFrame, Feature, FrameCursor, FrameFlag, frameBytes, Resequencer, writeFrame } from '../../src/index.ts';
import { LinkPair, upTo } from '../link-pair.ts';

const STRIPED = { id: 5, trafficClass: 2, isReliable: true, isStriped: true };
const BULK = { id: 3, trafficClass: 2, isReliable: true };

function pairOf(speeds: readonly (readonly [delayMs: number, bytesPerMs: number])[]): LinkPair {
  const pair = new LinkPair({ bulkLanesMax: 4 }, 6);
  for (const [i, [delayMs, bytesPerMs]] of speeds.entries()) {
    for (const end of [pair.a, pair.b]) Object.assign(end.wires[2 + i]!, { delayMs, bytesPerMs });
  }
  return pair.connect(0, 1, ...speeds.map((_, i) => 2 + i)).run(300);
}

/** Keeps the flow's queue full for `ms`; returns the bytes a millisecond that arrived. */
function saturate(pair: LinkPair, options: typeof STRIPED | typeof BULK, ms: number): number {
  const flow = pair.a.link.openFlow(options);
  const before = pair.b.received.length;
  let next = 1;
  for (let i = 0; i < ms; i += 1) {
    next += pair.send(pair.a, flow, 40, 1_000, next);
    pair.run(1);
  }
  return ((pair.b.received.length - before) * 1_032) / ms;
}

suite('striped flows', () => {
  test('use the lanes together and arrive in order', () => {
    const pair = pairOf([
      [10, 2_000],
      [10, 2_000],
    ]);
    const rate = saturate(pair, STRIPED, 2_000);
    assert.ok(rate > 3_000, `${rate} bytes/ms of two lanes of 2,000`);
    pair.until(() => pair.a.link.stats().unackedBytes === 0 && pair.a.link.stats().queuedBytes === 0);
    assert.deepEqual(pair.b.seqsOf(5), upTo(pair.b.received.length));
  });

  test('a lane too slow to help is left alone', () => {
    const pair = pairOf([
      [5, 4_000],
      [400, 50],
    ]);
    const rate = saturate(pair, STRIPED, 1_500);
    assert.ok(rate > 3_000, `${rate}`);
    assert.equal(pair.b.link.stats().gapsSkipped, 0);
    assert.ok(!pair.b.received.some(({ isLate }) => isLate));
  });

  test('survive the death of one of their lanes, each frame once', () => {
    const pair = pairOf([
      [10, 1_000],
      [10, 1_000],
    ]);
    saturate(pair, STRIPED, 500);
    pair.cut(3);
    pair.until(() => pair.a.link.stats().unackedBytes === 0 && pair.a.link.stats().queuedBytes === 0);
    assert.deepEqual(
      pair.b.seqsOf(5).toSorted((x, y) => x - y),
      upTo(pair.b.received.length),
    );
    const inOrder = pair.b.received.filter(({ isLate }) => !isLate).map(({ seq }) => seq);
    assert.deepEqual(
      inOrder,
      inOrder.toSorted((x, y) => x - y),
    );
  });

  test('are pinned when the other side cannot stripe', () => {
    const pair = new LinkPair({ features: Feature.fragmentation }).connect(0, 1, 2, 3);
    const flow = pair.a.link.openFlow(STRIPED);
    assert.equal(flow.isStriped, false);
    pair.send(pair.a, flow, 10);
    pair.run(20);
    assert.deepEqual(pair.b.seqsOf(5), upTo(10));
  });

  test('without any bulk lane they go over what is left', () => {
    const pair = new LinkPair({}, 1).connect(0);
    pair.send(pair.a, pair.a.link.openFlow(STRIPED), 20);
    pair.run(20);
    assert.deepEqual(pair.b.seqsOf(5), upTo(20));
  });
});

suite('pinned flows', () => {
  test('spread over the bulk lanes, each staying on one', () => {
    const pair = pairOf([
      [5, 1_000],
      [5, 1_000],
      [5, 1_000],
    ]);
    const flows = upTo(6).map((id) => pair.a.link.openFlow({ ...BULK, id }));
    for (const flow of flows) pair.send(pair.a, flow, 200, 1_000);
    const homes = flows.map(({ home }) => home);
    assert.deepEqual(
      [2, 3, 4].map((lane) => homes.filter((home) => home === lane).length),
      [2, 2, 2],
    );
    pair.until(() => pair.b.received.length === 1_200);
    assert.deepEqual(
      flows.map(({ home }) => home),
      homes,
    );
    for (const { id } of flows) assert.deepEqual(pair.b.seqsOf(id), upTo(200));
  });

  test('move only when nothing of them is under way', () => {
    const pair = pairOf([
      [5, 1_000],
      [5, 1_000],
    ]);
    const [other, flow] = [pair.a.link.openFlow({ ...BULK, id: 8 }), pair.a.link.openFlow(BULK)];
    pair.send(pair.a, flow, 1);
    const home = flow.home;
    pair.run(2);
    while (pair.send(pair.a, other, 1, 1_000) === 1 && other.home === home);
    pair.send(pair.a, pair.a.link.openFlow({ ...BULK, id: 9 }), 200, 1_000);
    pair.send(pair.a, flow, 1, 100, 2);
    assert.equal(flow.home, home);
    pair.run(2_000);
    assert.deepEqual(pair.b.seqsOf(3), [1, 2]);
  });
});

suite('the number of bulk lanes', () => {
  test('a further lane is asked for after two busy seconds, and one more only if that one helped', () => {
    const pair = pairOf([[10, 1_000]]);
    const wanted = (): number[] => pair.a.events.flatMap((event) => (event.kind === 'lane-wanted' ? [event.lane] : []));
    saturate(pair, STRIPED, 1_500);
    assert.deepEqual(wanted(), []);
    saturate(pair, STRIPED, 1_500);
    assert.deepEqual(wanted(), [3]);
    for (const end of [pair.a, pair.b]) Object.assign(end.wires[3]!, { delayMs: 10, bytesPerMs: 1_000 });
    pair.reconnect(3);
    saturate(pair, STRIPED, 9_000);
    assert.deepEqual(wanted(), [3, 4]);
  });

  test('no more is asked for when the last one did not help', () => {
    const pair = pairOf([[10, 1_000]]);
    saturate(pair, STRIPED, 3_000);
    for (const end of [pair.a, pair.b]) Object.assign(end.wires[3]!, { delayMs: 10, bytesPerMs: 20 });
    pair.reconnect(3);
    saturate(pair, STRIPED, 12_000);
    const wanted = pair.a.events.filter(({ kind }) => kind === 'lane-wanted');
    assert.equal(wanted.length, 1);
  });

  test('a lane that idles for a minute is given up, the first never', () => {
    const pair = pairOf([
      [5, 1_000],
      [5, 1_000],
    ]);
    pair.run(61_000);
    const unwanted = pair.a.events.flatMap((event) => (event.kind === 'lane-unwanted' ? [event.lane] : []));
    assert.deepEqual(unwanted, [3]);
    for (const end of [pair.a, pair.b]) end.link.laneDown(3, pair.nowMs);
    pair.run(61_000);
    assert.equal(pair.a.events.filter(({ kind }) => kind === 'lane-unwanted').length, 1);
  });
});

suite('resequencer', () => {
  function cursorOn(seqLow: number, bytes = 100): FrameCursor {
    const frame = createFrame({ trafficClass: 2, flags: FrameFlag.striped, seqLow, payload: new Uint8Array(bytes) });
    const wire = new Uint8Array(frameBytes(frame));
    const cursor = new FrameCursor();
    cursor.reset(wire, 0, writeFrame(frame, wire, 0));
    cursor.next();
    return cursor;
  }

  test('waits for a gap, then passes over it and lets what comes for it later through as late', () => {
    const resequencer = new Resequencer(1 << 20, 50);
    assert.equal(resequencer.add(cursorOn(2), 0), 'held');
    assert.equal(resequencer.add(cursorOn(3), 10), 'held');
    assert.equal([...resequencer.expire(49)].length, 0);
    assert.equal([...resequencer.expire(50)].length, 2);
    assert.equal(resequencer.heldBytes, 0);
    assert.equal(resequencer.add(cursorOn(1), 51), 'late');
    assert.equal(resequencer.add(cursorOn(4), 51), 'pass');
  });

  test('holds no more than it may', () => {
    const resequencer = new Resequencer(10_000, 50);
    for (let seq = 2; seq < 500; seq += 1) {
      resequencer.add(cursorOn(seq, 1_000), 0);
      for (const frame of resequencer.expire(0)) assert.ok(frame.length > 0);
      assert.ok(resequencer.heldBytes <= 10_000);
    }
  });

  test('what follows a filled gap comes at once', () => {
    const resequencer = new Resequencer(1 << 20, 50);
    for (const seq of [3, 2, 5]) resequencer.add(cursorOn(seq), 0);
    const first = cursorOn(1);
    assert.equal(resequencer.add(first, 1), 'pass');
    assert.equal([...resequencer.follow(first, 1)].length, 2);
    assert.equal([...resequencer.expire(49)].length, 0);
    assert.equal([...resequencer.expire(51)].length, 1);
  });
});
