import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonErrors } from '@peermesh/errors';
import { poison, retryable, retryDelayMs, verdictOn } from '../../src/failure.ts';

test('what is wrong with the event itself is dead at once', () => {
  assert.equal(verdictOn(poison('PM_TEST', 'no')).kind, 'dead');
  assert.equal(verdictOn(commonErrors.notFound()).kind, 'dead');
  assert.equal(verdictOn(commonErrors.unprocessable({ detail: 'no' })).kind, 'dead');
});

test('what may pass is tried again', () => {
  assert.equal(verdictOn(new Error('unknown')).kind, 'retry');
  assert.equal(verdictOn(commonErrors.conflict()).kind, 'retry');
  assert.equal(verdictOn(commonErrors.tooManyRequests()).kind, 'retry');
  assert.equal(verdictOn('not even an error').kind, 'retry');
  assert.deepEqual(verdictOn(retryable(new Error('later'), 5_000)), {
    kind: 'retry',
    code: 'PM_MESSAGING_RETRY',
    reason: 'later',
    delayMs: 5_000,
  });
});

test('a dependency that is away is told from a database that is away', () => {
  assert.equal(verdictOn(commonErrors.unavailable()).kind, 'busy');
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  assert.equal(verdictOn(refused).kind, 'outage');
  assert.equal(verdictOn(commonErrors.unavailable({ cause: refused })).kind, 'outage');
});

test('delays grow to five minutes and are never less than half of their ceiling', () => {
  for (let attempts = 1; attempts <= 40; attempts += 1) {
    const shortest = retryDelayMs(attempts, () => 0);
    const longest = retryDelayMs(attempts, () => 1);
    assert.equal(shortest, Math.round(longest / 2));
    assert.ok(longest <= 300_000);
  }
  assert.equal(
    retryDelayMs(1, () => 1),
    250,
  );
  assert.equal(
    retryDelayMs(4, () => 1),
    2_000,
  );
});
