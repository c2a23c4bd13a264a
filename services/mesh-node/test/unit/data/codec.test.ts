import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../../../src/data/wire/codec.ts';
import { fuzzDataMessages } from '../../../src/data/wire/fuzz.ts';
import { MESSAGE_BYTES_MAX, PAYLOAD_BYTES_MAX, type WireRecord } from '../../../src/data/wire/message.ts';

const record = (seq: number, payload: Uint8Array = Buffer.from('x')): WireRecord => ({
  seq,
  timeMs: 1_700_000_000_000,
  priority: 1,
  payload,
});

test('whatever comes, the decoder neither throws nor accepts what is no encoding', () => {
  const { accepted, refused } = fuzzDataMessages(20260101, 60_000);
  assert.ok(accepted > 10_000);
  for (const reason of ['truncated', 'unknown-version', 'unknown-kind', 'bad-field', 'trailing'])
    assert.ok((refused[reason] ?? 0) > 20, reason);
});

test('a record of the largest size fits, and a larger message is refused', () => {
  const payload = Buffer.alloc(PAYLOAD_BYTES_MAX, 7);
  const message = { kind: 'transient' as const, topic: 't', records: [record(0, payload)] };
  assert.deepEqual(decodeMessage(encodeMessage(message)), message);
  assert.equal(decodeMessage(Buffer.alloc(MESSAGE_BYTES_MAX + 1, 1)), 'too-large');
});

test('a reader of version 1 refuses version 2', () => {
  const bytes = encodeMessage({ kind: 'interest-request' });
  bytes[0] = 2;
  assert.equal(decodeMessage(bytes), 'unknown-version');
});

test('records out of order, or not behind the one that they follow, are refused', () => {
  const encode = (previous: number, ...seqs: number[]) =>
    encodeMessage({ kind: 'records', topic: 't', isBase: false, previous, records: seqs.map((seq) => record(seq)) });
  assert.equal(typeof decodeMessage(encode(4, 5, 7)), 'object');
  assert.equal(decodeMessage(encode(5, 5, 7)), 'bad-field');
  assert.equal(decodeMessage(encode(4, 7, 5)), 'bad-field');
});

test('a name that is no topic is refused', () => {
  for (const topic of ['', 'a b', 'a\n', 'x'.repeat(201), '\0'])
    assert.equal(decodeMessage(encodeMessage({ kind: 'ack', topic, mark: 1, isRefusal: false })), 'bad-field');
});

test('a count that the bytes do not hold is refused without reading on', () => {
  const bytes = encodeMessage({ kind: 'interest-delta', epoch: 1, version: 1, added: ['a'], removed: [] });
  bytes.writeUInt16BE(4000, 18);
  assert.equal(decodeMessage(bytes), 'bad-field');
  bytes.writeUInt16BE(65_535, 18);
  assert.equal(decodeMessage(bytes), 'bad-field');
});
