import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventQueue } from '../../src/event-queue.ts';
import { SeededRandom } from '../../src/random.ts';

test('runs 5,000 events in the order of time, and those of one time in the order of scheduling', () => {
  const queue = new EventQueue();
  const random = new SeededRandom(1);
  const ran: { atMs: number; order: number }[] = [];
  for (let order = 0; order < 5_000; order++) {
    const atMs = random.integer(500);
    queue.at(atMs, () => ran.push({ atMs: queue.nowMs, order }));
  }
  queue.runUntil(1_000);
  assert.equal(ran.length, 5_000);
  for (const [index, event] of ran.entries()) {
    const before = ran[index - 1];
    if (before === undefined) continue;
    assert.ok(before.atMs < event.atMs || (before.atMs === event.atMs && before.order < event.order));
  }
  assert.equal(queue.nowMs, 1_000);
});

test('does not run what was cancelled, nor what is due later', () => {
  const queue = new EventQueue();
  const ran: string[] = [];
  queue.at(5, () => ran.push('kept'));
  queue.at(6, () => ran.push('cancelled')).cancel();
  queue.at(11, () => ran.push('later'));
  queue.runUntil(10);
  assert.deepEqual(ran, ['kept']);
});

test('what is scheduled for the past runs now', () => {
  const queue = new EventQueue();
  queue.runUntil(100);
  let ranAtMs = 0;
  queue.at(3, () => {
    ranAtMs = queue.nowMs;
  });
  queue.runUntil(100);
  assert.equal(ranAtMs, 100);
});
