import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame, fuzzRaftFrames, initialConfiguration, type Message } from '@peermesh/consensus';
import { FrameWriter } from '../../../src/wire/frame-writer.ts';
import type { GroupMessage } from '../../../src/wire/group-message.ts';
import { sampleMessage } from '../../../src/wire/sample-messages.ts';

const ADDRESS = { from: 3, to: 70_000 };

function frameOf(...messages: readonly GroupMessage[]): Uint8Array {
  const writer = new FrameWriter(ADDRESS.from, ADDRESS.to);
  for (const { group, message, isLast } of messages) writer.add(group, message, isLast);
  const frames = writer.take();
  assert.equal(frames.length, 1);
  return frames[0] as Uint8Array;
}

function messagesOf(frame: Uint8Array): readonly GroupMessage[] {
  const decoded = decodeFrame(frame);
  assert.ok('messages' in decoded, JSON.stringify(decoded));
  assert.deepEqual({ from: decoded.from, to: decoded.to }, ADDRESS);
  return decoded.messages;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('every message survives its encoding', () => {
  const types = new Set<string>();
  for (let seed = 1; seed <= 5_000; seed += 1) {
    const sent = sampleMessage(seeded(seed), ADDRESS.from, ADDRESS.to);
    types.add(sent.message.type);
    assert.deepEqual(messagesOf(frameOf(sent)), [sent], `seed ${seed}`);
  }
  assert.equal(types.size, 9);
});

test('one frame holds messages of hundreds of groups, and a heartbeat takes few bytes of it', () => {
  const heartbeats = Array.from({ length: 500 }, (_, at): GroupMessage => {
    const message: Message = { type: 'heartbeat', ...ADDRESS, term: 7, commit: 1_000 + at, round: 0 };
    return { group: 1 + at * 2, message, isLast: at % 3 === 0 };
  });
  const vote: Message = { type: 'vote-response', ...ADDRESS, term: 9, isPre: false, isGranted: true };
  const frame = frameOf(...heartbeats.toReversed(), { group: 4, message: vote });
  assert.deepEqual(messagesOf(frame), [{ group: 4, message: vote }, ...heartbeats]);
  assert.ok(frame.length < 500 * 6, `${frame.length} bytes`);
});

test('a reader that knows version 1 says that a frame is of version 2, and reads nothing of it', () => {
  const frame = frameOf({ group: 1, message: { type: 'timeout-now', ...ADDRESS, term: 1 } });
  frame[0] = 2;
  assert.deepEqual(decodeFrame(frame), { refused: 'unknown-version', version: 2 });
});

test('a frame that ends early is refused wherever it ends, other than between two messages', () => {
  const messages = Array.from({ length: 9 }, (_, at) => sampleMessage(seeded(at + 1), ADDRESS.from, ADDRESS.to));
  const whole = frameOf(...messages);
  const accepted: number[] = [];
  for (let length = 0; length < whole.length; length += 1) {
    const decoded = decodeFrame(whole.subarray(0, length));
    if ('refused' in decoded) assert.match(decoded.refused, /^(truncated|malformed)$/, `${length} bytes`);
    else accepted.push(decoded.messages.length);
  }
  assert.deepEqual(accepted, [...new Set(accepted)], 'each cut that is accepted has messages more');
  assert.ok(accepted.length > 1 && accepted.length <= messages.length);
});

test('refuses what no encoder makes', () => {
  const writer = (...bytes: number[]): Uint8Array => Uint8Array.of(1, 3, 4, ...bytes);
  const cases: Readonly<Record<string, Uint8Array>> = {
    'a sender that is nobody': Uint8Array.of(1, 0, 4),
    'a type that is not known': writer(99, 1, 1),
    'a group that is none': writer(7, 0, 1),
    'a group above 32 bits': writer(7, 0xff, 0xff, 0xff, 0xff, 0x7f, 1),
    'an index above 2^53': writer(6, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0),
    'a number without an end': writer(6, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
    'a flag that does not exist': writer(2, 1, 1, 9),
    'an entry of a later term than its message': writer(3, 1, 2, 0, 0, 0, 1, 3, 0, 0),
    'an entry of no term': writer(3, 1, 2, 0, 0, 0, 1, 0, 0, 0),
    'an entry of a kind that is not known': writer(3, 1, 2, 0, 0, 0, 1, 1, 9, 0),
    'a configuration that is none': writer(3, 1, 2, 0, 0, 0, 1, 1, 1, 2, 7, 7),
    'a piece that reaches behind its snapshot': writer(5, 1, 1, 1, 1, 21, 1, ...new Array(20).fill(0), 5, 6, 2, 0, 0),
    'more heartbeats than bytes': writer(8, 200, 1, 1),
  };
  for (const [name, bytes] of Object.entries(cases))
    assert.deepEqual(decodeFrame(bytes), { refused: 'malformed', version: 1 }, name);
});

test('a frame holds about 256 KiB, and what is larger follows in more of them', () => {
  const writer = new FrameWriter(ADDRESS.from, ADDRESS.to);
  const configuration = initialConfiguration([1]);
  const data = new Uint8Array(100_000);
  const chunk = { type: 'snapshot-chunk', ...ADDRESS, term: 1, index: 1, snapshotTerm: 1, configuration } as const;
  for (let at = 0; at < 10; at += 1)
    writer.add(1, { ...chunk, offset: at * data.length, totalBytes: 1_000_000, data } satisfies Message);
  const frames = writer.take();
  assert.deepEqual(
    frames.map((frame) => messagesOf(frame).length),
    [3, 3, 3, 1],
  );
  assert.deepEqual(writer.take(), []);
});

test('damaged frames and noise are refused by reason and never throw', () => {
  const report = fuzzRaftFrames(1, 20_000);
  assert.deepEqual(Object.keys(report.refused).sort(), ['malformed', 'truncated', 'unknown-version']);
  assert.ok(report.accepted > 4_000);
});
