import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  BATCH_BYTES_MAX,
  BATCH_HEADER_BYTES,
  BatchHeader,
  createFrame,
  type Frame,
  FrameCursor,
  FrameType,
  type Refusal,
  SendResult,
  writeBatchHeader,
  writeFrame,
} from '../../src/index.ts';
import { LinkPair, upTo } from '../link-pair.ts';

function batch(members: Partial<BatchHeader>, ...frames: Frame[]): Uint8Array {
  const bytes = new Uint8Array(BATCH_BYTES_MAX);
  let at = BATCH_HEADER_BYTES;
  for (const frame of frames) at = writeFrame(frame, bytes, at);
  const header = Object.assign(new BatchHeader(), { version: 1, linkEpoch: 7, frames: frames.length }, members);
  writeBatchHeader(header, bytes);
  return bytes.slice(0, at);
}

const DATA = createFrame({ payload: new Uint8Array(4) });

suite('what a link does not take', () => {
  const cases: readonly (readonly [string, number, Uint8Array, Refusal])[] = [
    ['a batch of another epoch, as from before a restart', 1, batch({ linkEpoch: 8, batchSeq: 1 }, DATA), 'bad_epoch'],
    ['an acknowledgement of what was never sent', 1, batch({ cumulativeAck: 5 }), 'bad_ack'],
    ['a lane that this link does not have', 1, batch({ lane: 9 }), 'bad_lane'],
    ['a connection that this link does not have', 9, batch({ lane: 1 }), 'bad_lane'],
    ['data outside the sequence', 1, batch({ lane: 1 }, DATA), 'bad_type'],
    ['an echo of the wrong size', 1, batch({ lane: 1 }, createFrame({ type: FrameType.echo })), 'bad_echo'],
    ['garbage', 1, Uint8Array.from({ length: 300 }, (_, i) => i), 'bad_version'],
    ['nothing', 1, new Uint8Array(0), 'truncated'],
  ];
  for (const [what, lane, bytes, reason] of cases) {
    test(`${what} is refused as ${reason}, counted, and changes nothing`, () => {
      const pair = new LinkPair().connect(0, 1, 2);
      const before = JSON.stringify(pair.a.link.stats());
      assert.equal(pair.a.link.onBatch(lane, bytes, pair.nowMs), reason);
      assert.equal(JSON.stringify(pair.a.link.stats()), before);
      assert.equal(pair.a.link.refused.get(reason), 1);
      pair.send(pair.a, pair.a.link.openFlow({ id: 2, trafficClass: 1, isReliable: true }), 5);
      pair.run(50);
      assert.deepEqual(pair.b.seqsOf(2), upTo(5));
    });
  }

  test('a replayed batch is dropped and acknowledged again', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    const bytes = batch({ lane: 1, batchSeq: 1 }, DATA);
    for (let i = 0; i < 3; i += 1) assert.equal(pair.a.link.onBatch(1, bytes.slice(), pair.nowMs), null);
    pair.run(1);
    assert.equal(pair.a.received.length, 1);
    assert.equal(pair.a.link.stats().duplicatesDropped, 2);
  });

  test('batches far ahead of their predecessors are kept up to the bound and refused beyond it', () => {
    const pair = new LinkPair({ reorderBytesMax: 8 << 20 }).connect(0, 1, 2);
    const large = createFrame({ trafficClass: 2, payload: new Uint8Array(32_000) });
    const refusals = upTo(300, 2).map((seq) => pair.a.link.onBatch(2, batch({ lane: 2, batchSeq: seq }, large), 60));
    assert.ok(refusals.includes('reorder_full') || refusals.includes('over_credit'));
    assert.ok(pair.a.link.stats().heldBytes <= 8 << 20);
  });
});

suite('the end of a link', () => {
  test('gives back what is not known to have arrived, and takes nothing more', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    const flow = pair.a.link.openFlow({ id: 2, trafficClass: 1, isReliable: true });
    pair.send(pair.a, flow, 3);
    pair.run(50);
    pair.cut(1);
    pair.send(pair.a, flow, 4, 100, 4);
    pair.run(5);
    pair.send(pair.a, flow, 2, 100, 8);
    const seqs: number[] = [];
    const cursor = new FrameCursor();
    for (const [bytes, from, end] of pair.a.link.close()) {
      cursor.reset(bytes, from, end);
      while (cursor.next()) seqs.push(cursor.seqLow);
    }
    assert.deepEqual(seqs, upTo(6, 4));
    assert.equal(pair.a.link.trySend(flow, DATA, pair.nowMs), SendResult.closed);
    assert.deepEqual(pair.a.link.takeReady(pair.nowMs).writes, []);
  });

  test('a frame relayed encoded is taken as it is', () => {
    const pair = new LinkPair().connect(0, 1, 2);
    const flow = pair.b.link.openFlow({ id: 1, trafficClass: 1, isReliable: true });
    const bytes = new Uint8Array(200);
    const end = writeFrame(createFrame({ flow: 77, seqLow: 5, payload: new Uint8Array(60).fill(3) }), bytes, 10);
    assert.equal(pair.b.link.trySendEncoded(flow, bytes, 10, end, pair.nowMs), SendResult.accepted);
    pair.run(20);
    assert.deepEqual(
      pair.a.received.map(({ flow: id, seq, payload }) => [id, seq, payload.length, payload[9]]),
      [[77, 5, 60, 3]],
    );
  });
});
