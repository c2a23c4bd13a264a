import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  createFrame,
  type Frame,
  FrameCursor,
  fragment,
  fragmentCount,
  frameBytes,
  isEncodable,
  PAYLOAD_BYTES_MAX,
  Reassembler,
  writeFrame,
} from '../../src/index.ts';

const LIMITS = { messageBytesMax: 200_000, bytesMax: 300_000, timeoutMs: 1_000 };

function cursorOn(frame: Frame): FrameCursor {
  const bytes = new Uint8Array(frameBytes(frame));
  const cursor = new FrameCursor();
  cursor.reset(bytes, 0, writeFrame(frame, bytes, 0));
  assert.ok(cursor.next());
  return cursor;
}

const message = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (i * 31) % 251);

suite('fragmentation', () => {
  for (const size of [PAYLOAD_BYTES_MAX + 1, 65_536, 100_001, 200_000]) {
    test(`${size} bytes come back whole, in whatever order and however often the fragments come`, () => {
      const reassembler = new Reassembler(LIMITS);
      const parts = fragment(createFrame({ src: 4, flow: 9, seqLow: 0xffff_ffff, payload: message(size) }), 3);
      assert.equal(parts.length, fragmentCount(size));
      assert.ok(parts.every(isEncodable));
      assert.deepEqual([parts[1]?.seqLow, parts[1]?.seqHigh], [0, 1]);
      const order = [...parts.slice(1).toReversed(), ...parts.slice(1), ...parts.slice(0, 1)];
      const done = order.map((part) => reassembler.add(cursorOn(part), 0)).filter((whole) => whole !== null);
      assert.equal(done.length, 1);
      assert.ok(Buffer.from(message(size)).equals(done[0] ?? new Uint8Array()));
      assert.equal(reassembler.heldBytes, 0);
    });
  }

  test('a message over the limit is refused by its first fragment', () => {
    const reassembler = new Reassembler(LIMITS);
    assert.equal(reassembler.add(cursorOn(fragment(createFrame({ payload: message(200_001) }), 1)[0]!), 0), null);
    assert.equal(reassembler.refusal, 'message_too_large');
    assert.equal(reassembler.heldBytes, 0);
  });

  test('memory for incomplete messages is bounded, and free again when they are given up', () => {
    const reassembler = new Reassembler(LIMITS);
    const first = (flow: number): FrameCursor =>
      cursorOn(fragment(createFrame({ flow, payload: message(140_000) }), 1)[0]!);
    for (const flow of [1, 2, 3]) reassembler.add(first(flow), flow);
    assert.equal(reassembler.refusal, 'full');
    assert.equal(reassembler.heldBytes, 280_000);
    reassembler.expire(1_002);
    assert.equal(reassembler.expired, 1);
    reassembler.add(first(3), 1_002);
    assert.equal(reassembler.refusal, null);
  });

  test('fragments that contradict the message or the format are refused', () => {
    const reassembler = new Reassembler(LIMITS);
    const parts = fragment(createFrame({ payload: message(100_000) }), 1);
    reassembler.add(cursorOn(parts[0]!), 0);
    const withWord = (at: number, value: number): Frame => {
      const payload = Buffer.from(parts[1]!.payload);
      payload.writeUInt32LE(value, at);
      return { ...parts[1]!, payload };
    };
    for (const bad of [withWord(4, 100_001), withWord(4, 10), withWord(8, 5), withWord(8, 0xffff_fff0)]) {
      assert.equal(reassembler.add(cursorOn(bad), 0), null);
      assert.equal(reassembler.refusal, 'bad_fragment');
    }
    reassembler.add(cursorOn({ ...parts[1]!, payload: new Uint8Array(12) }), 0);
    assert.equal(reassembler.refusal, 'bad_fragment');
  });
});
