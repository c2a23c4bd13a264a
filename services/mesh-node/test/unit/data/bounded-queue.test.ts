import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedQueue, type Overflow } from '../../../src/data/bounded-queue.ts';

function queueOf(overflow: Overflow, itemsMax = 2, blockMs = 100) {
  const dropped: string[] = [];
  const settled: string[] = [];
  const queue = new BoundedQueue<number>({ itemsMax, blockMs, overflow }, (item, which) =>
    dropped.push(`${which} ${item}`),
  );
  const offer = (item: number, nowMs: number): void =>
    queue.offer(item, nowMs, (isQueued) => settled.push(`${item} ${isQueued}`));
  return { queue, dropped, settled, offer };
}

test('whoever finds a full queue waits, and gets the place that becomes free', () => {
  const { queue, settled, offer, dropped } = queueOf('drop-newest');
  for (const item of [1, 2, 3]) offer(item, 0);
  assert.deepEqual(settled, ['1 true', '2 true']);
  assert.deepEqual(queue.take(1), [1]);
  assert.deepEqual(settled, ['1 true', '2 true', '3 true']);
  assert.deepEqual(queue.take(9), [2, 3]);
  assert.deepEqual(dropped, []);
});

test('when the time is over the newest is dropped, or the oldest, and counted', () => {
  for (const [overflow, left, gone] of [
    ['drop-newest', [1, 2], 'dropped-newest 3'],
    ['drop-oldest', [2, 3], 'dropped-oldest 1'],
  ] as const) {
    const { queue, offer, dropped } = queueOf(overflow);
    for (const item of [1, 2, 3]) offer(item, 50);
    queue.tick(149);
    assert.deepEqual(dropped, []);
    queue.tick(150);
    assert.deepEqual(dropped, [gone]);
    assert.deepEqual(queue.take(9), left);
  }
});

test('no more wait than there are places', () => {
  const { queue, offer, dropped, settled } = queueOf('drop-newest');
  for (const item of [1, 2, 3, 4, 5, 6]) offer(item, 0);
  assert.deepEqual(dropped, ['dropped-newest 5', 'dropped-newest 6']);
  queue.close();
  assert.deepEqual(settled.slice(-2), ['3 false', '4 false']);
});

test('without a time to wait it is decided at once', () => {
  const { queue, offer, dropped } = queueOf('drop-oldest', 2, 0);
  for (const item of [1, 2, 3]) offer(item, 0);
  assert.deepEqual(dropped, ['dropped-oldest 1']);
  assert.equal(queue.size, 2);
});
