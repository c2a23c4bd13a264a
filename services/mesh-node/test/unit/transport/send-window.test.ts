import assert from 'node:assert/strict';
import test from 'node:test';
import { SendWindow } from '../../../src/transport/grpc/send-window.ts';

const batch = (value: number, length = 10): Uint8Array => new Uint8Array(length).fill(value);
const first = (bytes: Uint8Array | null): number | null => bytes?.[0] ?? null;

test('what is unacknowledged goes again on another stream, then what waits, in order', () => {
  const window = new SendWindow(1_000);
  for (const value of [1, 2, 3, 4]) window.push(batch(value));
  assert.deepEqual([window.next(), window.next(), window.next()].map(first), [1, 2, 3]);
  assert.ok(window.acknowledge(1n));
  window.rewind();
  assert.deepEqual([window.next(), window.next(), window.next(), window.next()].map(first), [2, 3, 4, null]);
  assert.ok(window.acknowledge(4n));
  assert.equal(window.ackedBytes, 40);
});

test('no more than the window is under way', () => {
  const window = new SendWindow(20);
  for (const value of [1, 2, 3]) window.push(batch(value));
  assert.deepEqual([window.next(), window.next(), window.next()].map(first), [1, 2, null]);
  assert.equal(window.waitingBytes, 10);
  assert.ok(window.acknowledge(1n));
  assert.equal(first(window.next()), 3);
});

test('the bytes of a batch may change once it is on a stream', () => {
  const window = new SendWindow(1_000);
  const bytes = batch(1);
  window.push(bytes);
  window.next();
  bytes.fill(9);
  window.rewind();
  assert.equal(first(window.next()), 1);
});

test('an acknowledgement of what was never sent, or taken back, is refused', () => {
  const window = new SendWindow(1_000);
  window.push(batch(1));
  window.push(batch(2));
  window.next();
  assert.ok(!window.acknowledge(2n));
  assert.ok(!window.acknowledge(2n ** 60n));
  assert.ok(window.acknowledge(1n));
  assert.ok(!window.acknowledge(0n));
  assert.ok(window.acknowledge(1n));
});
