import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reachability } from '../../src/plane/reachability.ts';

test('what is said of a member before the log brings it is not forgotten', () => {
  const reachability = new Reachability(1, 100);
  reachability.report(2, true, 0);
  reachability.report(3, false, 0);
  reachability.follow([1, 2, 3, 4], 10);
  assert.deepEqual(reachability.unreachable(50), [3]);
  assert.deepEqual(reachability.unreachable(200), [3, 4], 'nobody has spoken of 4');
});

test('a member is lost from when it was first said, until it is said to be back', () => {
  const reachability = new Reachability(1, 100);
  reachability.follow([1, 2], 0);
  reachability.report(2, false, 20);
  reachability.report(2, false, 30);
  assert.equal(reachability.unreachableSinceMs(2, 40), 20);
  reachability.report(2, true, 50);
  assert.equal(reachability.unreachableSinceMs(2, 1_000), null);
});

test('a short id that is gone leaves nothing behind', () => {
  const reachability = new Reachability(1, 100);
  reachability.follow([1, 2], 0);
  reachability.report(2, false, 0);
  reachability.follow([1], 10);
  assert.equal(reachability.health(10), 'HEALTHY');
});
