import assert from 'node:assert/strict';
import test from 'node:test';
import { ByteQueue } from '../../src/virtual-link/byte-queue.ts';

const KIB = 1024;

function fillAndEmpty(queue: ByteQueue, bytes: number): void {
  for (let left = bytes; left > 0; left -= KIB) queue.extend(Math.min(KIB, left));
  queue.discard(queue.size);
}

test('a queue that is filled again and again grows its buffer once', () => {
  const queue = new ByteQueue();
  fillAndEmpty(queue, 200 * KIB);
  const { bytes } = queue;
  for (let i = 0; i < 1_000; i += 1) fillAndEmpty(queue, 100 * KIB);
  assert.equal(queue.bytes, bytes);
});

test('a large buffer is given up when little of it has been used for long', () => {
  const queue = new ByteQueue();
  fillAndEmpty(queue, 1_024 * KIB);
  for (let i = 0; i < 100; i += 1) fillAndEmpty(queue, 2 * KIB);
  assert.ok(queue.bytes.length <= 64 * KIB, `${queue.bytes.length} bytes are kept`);
});
