import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BroadcastQueue } from '../../src/broadcast-queue.ts';
import { Writer } from '../../src/codec/writer.ts';

function told(queue: BroadcastQueue): string {
  const writer = new Writer();
  queue.fill(writer, 1_000, 2);
  return Buffer.from(writer.copy()).toString();
}

test('what is told twice leaves the queue, the least told first', () => {
  const queue = new BroadcastQueue();
  queue.put('a', Buffer.from('a'));
  assert.equal(told(queue), 'a');
  queue.put('b', Buffer.from('b'));
  assert.equal(told(queue), 'ba');
  assert.equal(told(queue), 'b');
  assert.equal(told(queue), '');
});

test('what nobody needs any more is not told', () => {
  const queue = new BroadcastQueue();
  queue.put('news', Buffer.from('n'), 1_000);
  queue.put('fact', Buffer.from('f'));
  queue.dropOld(999);
  assert.equal(told(queue), 'fn');
  queue.dropOld(1_000);
  assert.equal(told(queue), 'f');
  assert.equal(queue.size, 0);
});
