import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import test from 'node:test';
import { Opcode, writeHeader } from '../../../src/transport/ws/frame-format.ts';
import { FrameReader } from '../../../src/transport/ws/frame-reader.ts';
import { FrameWriter, type Masking } from '../../../src/transport/ws/frame-writer.ts';
import { MessageBuffers } from '../../../src/transport/ws/message-buffers.ts';

const MESSAGE_BYTES_MAX = 65_536;
const SIZES = [0, 1, 3, 4, 5, 125, 126, 127, 1_024, 1_025, 2_047, 2_049, 4_099, 65_535, 65_536];
const ofSize = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff);

/** What a reader makes of chunks. */
function read(isMasked: boolean, chunks: readonly Uint8Array[], buffers = new MessageBuffers()) {
  const seen = { messages: [] as Uint8Array[], pings: [] as Uint8Array[], pongs: 0, closes: 0, faults: [] as string[] };
  const reader = new FrameReader(isMasked, MESSAGE_BYTES_MAX, buffers, {
    onMessage: (bytes) => void seen.messages.push(bytes),
    onPing: (bytes) => void seen.pings.push(bytes),
    onPong: () => void (seen.pongs += 1),
    onClose: () => void (seen.closes += 1),
    onFault: (reason) => void seen.faults.push(reason),
  });
  for (const chunk of chunks) reader.push(chunk);
  return seen;
}

/** What a writer puts on its socket for messages. */
function written(masking: Masking, messages: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [];
  const socket = { cork: () => undefined, uncork: () => undefined, write: (bytes: Uint8Array) => parts.push(bytes) };
  const writer = new FrameWriter(socket as unknown as Socket, masking, new MessageBuffers());
  for (const message of messages) writer.write(Opcode.binary, message);
  return Buffer.concat(parts);
}

function frame(first: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
  writeHeader(head, 0, first & 0x0f, payload.length, null);
  head[0] = first;
  return Buffer.concat([head, payload]);
}

for (const masking of ['none', 'zero', 'random'] as const)
  test(`messages of every length class arrive as they were sent, however the stream is cut (mask: ${masking})`, () => {
    const messages = SIZES.map(ofSize);
    const bytes = written(masking, messages);
    for (const step of [1, 3, 7, 1_000, 65_536, bytes.length]) {
      if (step < 7 && bytes.length > 100_000 && masking === 'zero') continue;
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += step) chunks.push(Uint8Array.from(bytes.subarray(at, at + step)));
      const { messages: got, faults } = read(masking !== 'none', chunks);
      assert.deepEqual(faults, []);
      assert.equal(got.length, messages.length);
      for (const [i, message] of got.entries()) assert.ok(Buffer.compare(message, messages[i]!) === 0, `${step}: ${i}`);
    }
  });

test('a message does not change when its chunk does, nor when the next one comes', () => {
  const [first, second] = [ofSize(5_000), ofSize(6_000)];
  const chunk = written('none', [first, second]);
  const { messages } = read(false, [chunk]);
  chunk.fill(0xee);
  assert.deepEqual([...messages[0]!], [...first]);
  assert.deepEqual([...messages[1]!], [...second]);
});

test('a buffer that was given back is used for a later message, one that was not is not', () => {
  const buffers = new MessageBuffers();
  const [kept, given] = [buffers.take(5_000), buffers.take(5_000)];
  buffers.give(given);
  const next = buffers.take(7_000);
  assert.equal(next.buffer, given.buffer);
  assert.equal(next.length, 7_000);
  assert.notEqual(buffers.take(7_000).buffer, kept.buffer);
});

test('a message in several frames is put together, with control frames between them', () => {
  const chunks = [frame(0x02, ofSize(10)), frame(0x89, ofSize(3)), frame(0x00, ofSize(200)), frame(0x80, ofSize(7))];
  const { messages, pings, faults } = read(false, chunks);
  assert.deepEqual(faults, []);
  assert.deepEqual(
    pings.map((bytes) => [...bytes]),
    [[...ofSize(3)]],
  );
  assert.deepEqual(
    messages.map((bytes) => [...bytes]),
    [[...ofSize(10), ...ofSize(200), ...ofSize(7)]],
  );
});

test('nothing is read behind a close', () => {
  const { messages, closes } = read(false, [Buffer.concat([frame(0x88, ofSize(2)), frame(0x82, ofSize(9))])]);
  assert.equal(closes, 1);
  assert.deepEqual(messages, []);
});

const REFUSED: readonly (readonly [string, boolean, Uint8Array, string])[] = [
  ['reserved bits', false, frame(0xc2, ofSize(1)), 'bad_protocol'],
  ['text', false, frame(0x81, ofSize(1)), 'bad_protocol'],
  ['an unknown opcode', false, frame(0x83, ofSize(1)), 'bad_protocol'],
  ['a ping in several frames', false, frame(0x09, ofSize(1)), 'bad_protocol'],
  ['a ping over 125 bytes', false, frame(0x89, ofSize(126)), 'bad_protocol'],
  ['a continuation of nothing', false, frame(0x80, ofSize(1)), 'bad_protocol'],
  ['a mask from a server', false, written('random', [ofSize(1)]), 'bad_protocol'],
  ['no mask from a client', true, written('none', [ofSize(1)]), 'bad_protocol'],
  ['a message over the bound', false, written('none', [ofSize(MESSAGE_BYTES_MAX + 1)]), 'oversize'],
  ['a length of 2^63', false, Buffer.from([0x82, 127, 0xff, 255, 255, 255, 255, 255, 255, 255]), 'oversize'],
  [
    'parts over the bound together',
    false,
    Buffer.concat(Array.from({ length: 5 }, (_, i) => frame(i === 0 ? 2 : 0, ofSize(16_000)))),
    'oversize',
  ],
  [
    'a message in crumbs',
    false,
    Buffer.concat(Array.from({ length: 70 }, (_, i) => frame(i === 0 ? 2 : 0, ofSize(1)))),
    'bad_protocol',
  ],
];
for (const [name, isMasked, bytes, reason] of REFUSED)
  test(`${name} is refused as ${reason}, once, and nothing behind it is read`, () => {
    const { faults, messages } = read(isMasked, [bytes, frame(0x82, ofSize(3))]);
    assert.deepEqual(faults, [reason]);
    assert.deepEqual(messages, []);
  });
