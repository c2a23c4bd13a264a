import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  advanceHop,
  BATCH_BYTES_MAX,
  BATCH_HEADER_BYTES,
  BatchHeader,
  BatchReader,
  createFrame,
  type Frame,
  FrameCursor,
  FrameFlag,
  frameBytes,
  isEncodable,
  PAYLOAD_BYTES_MAX,
  type Refusal,
  SEGMENTS_MAX,
  writeBatchHeader,
  writeFrame,
} from '../../src/index.ts';

const EPOCH = 0xfedc_ba98;

function batchOf(frames: readonly Frame[], members: Partial<BatchHeader> = {}): Uint8Array {
  const bytes = new Uint8Array(BATCH_BYTES_MAX + 1024);
  let at = BATCH_HEADER_BYTES;
  for (const frame of frames) at = writeFrame(frame, bytes, at);
  const header = Object.assign(new BatchHeader(), { version: 1, linkEpoch: EPOCH, frames: frames.length, batchSeq: 1 });
  writeBatchHeader(Object.assign(header, members), bytes);
  return bytes.subarray(0, at);
}

function altered(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

const read = (bytes: Uint8Array): Refusal | null => new BatchReader(1, EPOCH).read(bytes);

const FULL = createFrame({
  type: 7,
  flags: FrameFlag.reliable | FrameFlag.striped,
  ttl: 9,
  trafficClass: 2,
  dst: 0xffff_fffe,
  src: 0x8000_0001,
  flow: 0xdead_beef,
  path: 0xab_cdef,
  keyEpoch: 0xfe,
  seqLow: 0xffff_ffff,
  seqHigh: 0x7fff_ffff,
  segments: [5, 0xffff_ffff, 7],
  trace: Uint8Array.from({ length: 24 }, (_, i) => i),
  payload: Uint8Array.from({ length: 300 }, (_, i) => i),
});

suite('batch and frame codec', () => {
  test('every member of header, options and payload survives the round trip', () => {
    const bytes = batchOf([FULL, createFrame({ payload: Buffer.from('x') })], {
      lane: 15,
      batchSeq: 2 ** 48 - 1,
      cumulativeAck: 2 ** 40 + 3,
      creditBytes: 0xffff_fff0,
    });
    const reader = new BatchReader(1, EPOCH);
    assert.equal(reader.read(bytes), null);
    const { header, frames } = reader;
    assert.deepEqual(
      { ...header },
      {
        version: 1,
        lane: 15,
        frames: 2,
        linkEpoch: EPOCH,
        batchSeq: 2 ** 48 - 1,
        cumulativeAck: 2 ** 40 + 3,
        creditBytes: 0xffff_fff0,
      },
    );
    assert.ok(frames.next());
    const { type, flags, ttl, trafficClass, dst, src, flow, path, keyEpoch, seqLow, seqHigh } = frames;
    assert.deepEqual(
      { type, ttl, trafficClass, dst, src, flow, path, keyEpoch, seqLow, seqHigh },
      {
        type: 7,
        ttl: 9,
        trafficClass: 2,
        dst: 0xffff_fffe,
        src: 0x8000_0001,
        flow: 0xdead_beef,
        path: 0xab_cdef,
        keyEpoch: 0xfe,
        seqLow: 0xffff_ffff,
        seqHigh: 0x7fff_ffff,
      },
    );
    assert.equal(flags, 31 - FrameFlag.fragment);
    assert.deepEqual(
      [0, 1, 2].map((i) => frames.segment(i)),
      [...FULL.segments],
    );
    assert.deepEqual([...bytes.subarray(frames.traceAt, frames.traceAt + 24)], [...FULL.trace]);
    assert.deepEqual([...frames.payload()], [...FULL.payload]);
    assert.equal(frames.length, frameBytes(FULL));
    assert.ok(frames.next());
    assert.equal(Buffer.from(frames.payload()).toString(), 'x');
    assert.equal(frames.next(), false);
    assert.equal(frames.refusal, null);
  });

  test('a batch without frames is a bare acknowledgement and has no sequence number', () => {
    assert.equal(read(batchOf([], { batchSeq: 0 })), null);
    assert.equal(read(batchOf([], { batchSeq: 7 })), 'bad_sequence');
  });

  const one = batchOf([FULL]);
  const F = BATCH_HEADER_BYTES;
  const refusals: readonly (readonly [string, Uint8Array, Refusal])[] = [
    ['a header cut short', one.subarray(0, 23), 'truncated'],
    ['a batch over 64 KiB', new Uint8Array(BATCH_BYTES_MAX + 1), 'oversize'],
    ['another version', altered(one, 0, 2), 'bad_version'],
    ['a lane that cannot be', altered(one, 1, 16), 'bad_lane'],
    ['another link epoch', altered(one, 4, 1), 'bad_epoch'],
    ['more frames announced than there', altered(one, 2, 2), 'bad_count'],
    ['fewer frames announced than there', altered(one, 2, 0), 'bad_count'],
    ['a count that cannot fit', altered(one, 2, 255, 255), 'bad_count'],
    ['a frame header cut short', altered(batchOf([FULL], { frames: 0 }), 2, 0).subarray(0, F + 20), 'truncated'],
    ['a frame cut short', one.subarray(0, one.length - 1), 'truncated'],
    ['a frame shorter than its header', altered(one, F, 31, 0, 0, 0), 'bad_length'],
    ['a frame over the limit', altered(one, F, 0, 0, 1, 0), 'oversize'],
    ['a length of 2^32 - 1', altered(one, F, 255, 255, 255, 255), 'oversize'],
    ['type 0', altered(one, F + 4, 0), 'bad_type'],
    ['a reserved flag', altered(one, F + 5, 64), 'bad_flags'],
    ['no hop left', altered(one, F + 6, 0), 'bad_ttl'],
    ['a class that cannot be', altered(one, F + 7, 3), 'bad_class'],
    ['a source route of no nodes', altered(one, F + 32, 0), 'bad_segments'],
    ['a source route over the limit', altered(one, F + 32, SEGMENTS_MAX + 1), 'bad_segments'],
    ['a position behind the source route', altered(one, F + 33, 4), 'bad_segments'],
    ['reserved bits of the route', altered(one, F + 34, 1), 'bad_segments'],
    ['a route longer than the frame', altered(batchOf([createFrame({ segments: [1] })]), F + 32, 2), 'truncated'],
    [
      'a trace that does not fit',
      altered(batchOf([createFrame({ payload: new Uint8Array(23) })]), F + 5, 2),
      'truncated',
    ],
    [
      'a payload over the limit',
      batchOf([createFrame({ payload: new Uint8Array(PAYLOAD_BYTES_MAX + 1) })]),
      'oversize',
    ],
  ];
  for (const [what, bytes, reason] of refusals) {
    test(`refuses ${what} as ${reason}`, () => assert.equal(read(bytes), reason));
  }

  test('a batch whose last frame is malformed is refused as a whole', () => {
    const bytes = batchOf([FULL, createFrame({ payload: new Uint8Array(8) })]);
    assert.equal(read(altered(bytes, bytes.length - 40 + 7, 9)), 'bad_class');
  });

  test('what cannot be encoded is told before it is written', () => {
    assert.ok(isEncodable(FULL));
    assert.ok(!isEncodable({ ...FULL, ttl: 0 }));
    assert.ok(!isEncodable({ ...FULL, type: 256 }));
    assert.ok(!isEncodable({ ...FULL, trafficClass: 3 }));
    assert.ok(!isEncodable({ ...FULL, trace: new Uint8Array(23) }));
    assert.ok(!isEncodable({ ...FULL, segments: new Array<number>(SEGMENTS_MAX + 1).fill(1) }));
    assert.ok(!isEncodable({ ...FULL, payload: new Uint8Array(PAYLOAD_BYTES_MAX + 1) }));
  });
});

suite('relaying', () => {
  function cursorOn(frame: Frame): FrameCursor {
    const bytes = new Uint8Array(frameBytes(frame));
    const cursor = new FrameCursor();
    cursor.reset(bytes, 0, writeFrame(frame, bytes, 0));
    assert.ok(cursor.next());
    return cursor;
  }

  test('a source route is used up node by node and then names the destination', () => {
    const cursor = cursorOn(createFrame({ dst: 99, segments: [3, 4], ttl: 9 }));
    const visited: number[] = [];
    for (let hop = 0; hop < 3; hop += 1) {
      visited.push(cursor.nextSegment);
      assert.ok(advanceHop(cursor, cursor.nextSegment));
    }
    assert.deepEqual(visited, [3, 4, 99]);
    assert.equal(cursor.ttl, 6);
  });

  test('a relay that the route does not name leaves the route alone', () => {
    const cursor = cursorOn(createFrame({ dst: 99, segments: [3, 4] }));
    assert.ok(advanceHop(cursor, 50));
    assert.equal(cursor.nextSegment, 3);
  });

  test('a frame with no hop left goes no further', () => {
    const cursor = cursorOn(createFrame({ ttl: 1 }));
    assert.equal(advanceHop(cursor, 1), false);
    assert.equal(cursor.ttl, 1);
  });
});
