import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Flow } from '../../src/index.ts';
import { type End, LinkPair, upTo } from '../link-pair.ts';

const CONTROL = { id: 1, trafficClass: 0, isReliable: true };
const PRIORITY = { id: 2, trafficClass: 1, isReliable: true };
const BULK = { id: 3, trafficClass: 2, isReliable: true };

/** Sends one frame a millisecond and returns the longest time in which none arrived. */
function stream(pair: LinkPair, from: End, to: End, flow: Flow, ms: number, at: (ms: number) => void): number {
  let last = pair.nowMs;
  let longest = 0;
  const first = to.seqsOf(flow.id).length;
  for (let i = 1; i <= ms; i += 1) {
    at(i);
    pair.send(from, flow, 1, 100, first + i);
    const before = to.received.length;
    pair.run(1);
    if (to.received.length > before) {
      longest = Math.max(longest, pair.nowMs - last);
      last = pair.nowMs;
    }
  }
  return longest;
}

suite('a lane that dies', () => {
  for (const [name, options, lane] of [
    ['control', CONTROL, 0],
    ['priority', PRIORITY, 1],
    ['bulk', BULK, 2],
  ] as const) {
    test(`${name}: traffic flows again in under 350 ms, all of it, in order`, () => {
      const pair = new LinkPair().connect(0, 1, 2);
      const flow = pair.a.link.openFlow(options);
      const gapMs = stream(pair, pair.a, pair.b, flow, 1_000, (ms) => void (ms === 200 && pair.cut(lane)));
      assert.ok(gapMs < 350, `${gapMs} ms`);
      pair.run(100);
      assert.deepEqual(pair.b.seqsOf(options.id), upTo(1_000));
      assert.deepEqual(pair.a.states(lane), ['PROBATION', 'UP', 'SUSPECT', 'DOWN']);
    });
  }

  test('over 200 cuts at every phase of the echo the detection takes 200 to 320 ms', () => {
    for (let phase = 0; phase < 200; phase += 1) {
      const pair = new LinkPair().connect(0, 1).run(phase);
      pair.cut(1);
      const tookMs = pair.until(() => pair.a.states(1).at(-1) === 'DOWN');
      assert.ok(tookMs >= 200 && tookMs <= 320, `${tookMs} ms at phase ${phase}`);
    }
  });

  for (const [side, heard] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    test(`a one-way cut from ${side} is seen by both, though ${heard} still sends (nebula#1748)`, () => {
      const pair = new LinkPair().connect(0, 1, 2);
      pair.run(500);
      pair[side].wires[1]!.isCut = true;
      const flow = pair[heard].link.openFlow(PRIORITY);
      for (let i = 1; i <= 400; i += 1) {
        pair.send(pair[heard], flow, 1, 100, i);
        pair.run(1);
      }
      for (const end of [pair.a, pair.b]) {
        const down = end.events.find((event) => event.kind === 'lane' && event.to === 'DOWN');
        assert.ok(down !== undefined && down.atMs - 550 <= 340, `${down?.atMs}`);
      }
      const cause = pair[side].events.findLast((event) => event.kind === 'lane');
      assert.equal(cause?.kind === 'lane' && cause.cause, 'outbound');
      pair.run(200);
      assert.deepEqual(pair[side].seqsOf(PRIORITY.id), upTo(400));
    });
  }

  test('while a lane is suspect control goes over two lanes and nothing new over the suspect one', () => {
    const pair = new LinkPair().connect(0, 1, 2).run(500);
    pair.cut(2);
    pair.until(() => pair.a.states(2).at(-1) === 'SUSPECT');
    const sentBefore = pair.a.link.stats().lanes.map(({ sentBytes }) => sentBytes);
    pair.send(pair.a, pair.a.link.openFlow(CONTROL), 10);
    pair.send(pair.a, pair.a.link.openFlow(BULK), 10);
    pair.run(20);
    const sent = pair.a.link.stats().lanes.map(({ sentBytes }, i) => sentBytes - sentBefore[i]!);
    assert.ok(sent[0]! > 1_000 && sent[1]! > 1_000 && sent[2] === 0, String(sent));
    assert.deepEqual(pair.b.seqsOf(CONTROL.id), upTo(10));
    assert.deepEqual(pair.b.seqsOf(BULK.id), upTo(10));
    assert.ok(pair.b.link.stats().duplicatesDropped >= 1);
  });

  test('control is not held up by its dying lane: it arrives as soon as the lane is suspect', () => {
    const pair = new LinkPair().connect(0, 1).run(500);
    pair.cut(0);
    pair.send(pair.a, pair.a.link.openFlow(CONTROL), 1);
    assert.ok(pair.until(() => pair.b.seqsOf(CONTROL.id).length === 1) < 200);
  });

  test('a closed connection hands its batches to another lane at once', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    pair.a.wires[1]!.isCut = true;
    pair.send(pair.a, pair.a.link.openFlow(PRIORITY), 50);
    pair.run(3);
    pair.a.link.laneDown(1, pair.nowMs);
    pair.run(10);
    assert.deepEqual(pair.b.seqsOf(PRIORITY.id), upTo(50));
  });

  test('batches lost on a lane that is up are sent again', () => {
    const pair = new LinkPair({}, 1).connect(0);
    pair.a.wires[0]!.losesEvery = 3;
    const flow = pair.a.link.openFlow(PRIORITY);
    for (let i = 1; i <= 50; i += 1) {
      pair.send(pair.a, flow, 1, 100, i);
      pair.run(2);
    }
    pair.until(() => pair.b.seqsOf(PRIORITY.id).length === 50);
    assert.deepEqual(pair.b.seqsOf(PRIORITY.id), upTo(50));
    assert.ok(pair.a.link.stats().resends > 0);
  });
});

suite('a lost batch', () => {
  test('is sent again every 300 ms as long as its lane brings echoes back, however often it was lost', () => {
    const pair = new LinkPair().connect(0, 1);
    const [, wire] = pair.a.wires;
    wire!.losesOver = 1_000;
    pair.send(pair.a, pair.a.link.openFlow(PRIORITY), 1, 2_000);
    pair.run(5_000);
    assert.deepEqual([pair.a.states(1).at(-1), pair.b.seqsOf(PRIORITY.id)], ['UP', []]);
    wire!.losesOver = Number.POSITIVE_INFINITY;
    const tookMs = pair.until(() => pair.b.seqsOf(PRIORITY.id).length === 1);
    assert.ok(tookMs <= 350, `${tookMs} ms`);
    const { resends } = pair.a.link.stats();
    assert.ok(resends >= 14 && resends <= 18, `${resends} times in five seconds`);
  });

  test('is sent again though the window is full of its successors, which cannot be acknowledged before it', () => {
    const pair = new LinkPair({ inFlightBytesMax: 65_536 }).connect(0, 2);
    const flow = pair.a.link.openFlow(PRIORITY);
    pair.a.wires[2]!.isCut = true;
    pair.send(pair.a, flow, 1, 32_768);
    pair.run(2);
    pair.connect(1);
    pair.send(pair.a, flow, 1, 32_768, 2);
    pair.until(() => pair.b.seqsOf(PRIORITY.id).length === 2, 1_000);
    assert.deepEqual(pair.b.seqsOf(PRIORITY.id), [1, 2]);
  });
});

suite('a slow lane', () => {
  test('of 2 Mb/s is not taken for dead while it is full', () => {
    const pair = new LinkPair().connect(0, 1, 2).run(300);
    pair.a.wires[2]!.bytesPerMs = 250;
    pair.b.wires[2]!.bytesPerMs = 250;
    const flow = pair.a.link.openFlow(BULK);
    let next = 1;
    for (let i = 0; i < 5_000; i += 1) {
      next += pair.send(pair.a, flow, 5, 1_000, next);
      pair.run(1);
    }
    assert.ok(!pair.a.states(2).includes('DOWN') && !pair.b.states(2).includes('DOWN'), String(pair.a.states(2)));
    assert.ok(pair.b.received.length > 400, `${pair.b.received.length}`);
  });
});

suite('a lane that comes back', () => {
  test('one lane reconnects alone; the others, and the link, stay up (zenoh#2130)', () => {
    const pair = new LinkPair().connect(0, 1, 2).run(300);
    pair.cut(1);
    pair.until(() => pair.a.states(1).at(-1) === 'DOWN' && pair.b.states(1).at(-1) === 'DOWN');
    pair.cut(1, false);
    pair.reconnect(1);
    pair.until(() => pair.a.states(1).at(-1) === 'UP');
    assert.deepEqual(pair.a.events.filter(({ kind }) => kind === 'link').length, 1);
    assert.ok(![0, 2].some((lane) => pair.a.states(lane).includes('DOWN')));
    pair.send(pair.a, pair.a.link.openFlow(PRIORITY), 5);
    pair.run(20);
    assert.deepEqual(pair.b.seqsOf(PRIORITY.id), upTo(5));
  });

  test('it is used again only after three good echoes and ten seconds', () => {
    const pair = new LinkPair().connect(0, 1).run(300);
    pair.cut(1);
    pair.until(() => pair.a.states(1).at(-1) === 'DOWN');
    pair.cut(1, false);
    const tookMs = pair.until(() => pair.a.states(1).at(-1) === 'UP');
    assert.ok(tookMs >= 10_000 && tookMs < 10_300, `${tookMs}`);
    assert.deepEqual(pair.a.link.stats().lanes[1]!.carries.includes(1), true);
  });

  test('a lane that falters in probation starts its ten seconds anew', () => {
    const pair = new LinkPair().connect(0, 1).run(300);
    pair.cut(1);
    pair.until(() => pair.a.states(1).at(-1) === 'DOWN');
    pair.cut(1, false);
    pair.run(8_000);
    pair.cut(1);
    pair.run(220);
    pair.cut(1, false);
    const tookMs = pair.until(() => pair.a.states(1).at(-1) === 'UP');
    assert.ok(tookMs > 9_700, `${tookMs}`);
  });

  test('the only lane is used again with its first good echo', () => {
    const pair = new LinkPair({}, 1).connect(0).run(300);
    const flow = pair.a.link.openFlow(PRIORITY);
    pair.cut(0);
    pair.send(pair.a, flow, 30);
    pair.until(() => !pair.a.link.isUp && !pair.b.link.isUp);
    pair.send(pair.a, flow, 30, 100, 31);
    pair.cut(0, false);
    pair.reconnect(0);
    assert.ok(pair.until(() => pair.b.seqsOf(PRIORITY.id).length === 60) < 60);
    assert.deepEqual(pair.b.seqsOf(PRIORITY.id), upTo(60));
  });

  test('when the control lane dies another is promoted, and demoted when it is back', () => {
    const pair = new LinkPair().connect(0, 1, 2).run(300);
    pair.cut(0);
    pair.until(() => pair.a.states(0).at(-1) === 'DOWN');
    pair.cut(0, false);
    pair.until(() => pair.a.states(0).at(-1) === 'UP');
    const carriers = pair.a.events.flatMap((event) => (event.kind === 'control-carrier' ? [event.lane] : []));
    assert.deepEqual(carriers, [0, 1, 0]);
  });
});

suite('this process standing still', () => {
  test('no lane is blamed for it by who stood still', () => {
    const pair = new LinkPair().connect(0, 1, 2).run(300);
    pair.a.isStalled = true;
    pair.run(2_000);
    pair.a.isStalled = false;
    pair.run(500);
    assert.ok(![0, 1, 2].some((lane) => pair.a.states(lane).includes('DOWN')));
    assert.ok(pair.a.events.some((event) => event.kind === 'stall' && event.ms >= 2_000));
  });

  test('a lane that is dead as well is found out after it', () => {
    const pair = new LinkPair().connect(0, 1).run(300);
    pair.a.isStalled = true;
    pair.cut(1);
    pair.run(2_000);
    pair.a.isStalled = false;
    assert.ok(pair.until(() => pair.a.states(1).at(-1) === 'DOWN') <= 320);
  });
});

suite('a path that jitters', () => {
  /** Seconds of a lane whose delay is 30 ms and an exponential part with a mean of 10 ms. */
  function jittering(): LinkPair {
    const pair = new LinkPair().connect(0);
    let state = 12_345;
    for (let ms = 0; ms < 30_000; ms += 1) {
      for (const { wires } of [pair.a, pair.b]) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        wires[0]!.delayMs = 30 - 10 * Math.log((state + 1) / 2 ** 32);
      }
      pair.run(1);
    }
    return pair;
  }

  test('is not taken for a silent one, and its death is still seen within 320 ms', () => {
    const pair = jittering();
    const suspected = [pair.a, pair.b].flatMap((end) => end.states(0).filter((state) => state === 'SUSPECT'));
    assert.ok(suspected.length <= 1, `suspected ${suspected.length} times in 30 s`);
    pair.cut(0);
    const tookMs = pair.until(() => pair.a.states(0).at(-1) === 'DOWN');
    assert.ok(tookMs <= 320, `${tookMs} ms`);
  });
});
