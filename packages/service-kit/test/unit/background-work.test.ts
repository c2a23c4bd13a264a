import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repeat } from '@peermesh/service-kit';
import { silentLogger, waitFor } from '@peermesh/testkit';

const options = { everyMs: 1, logger: silentLogger(), name: 'test' };

test('work goes on after it failed, and never runs twice at once', async () => {
  let turns = 0;
  let atOnce = 0;
  let most = 0;
  const worker = repeat(options, async () => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    turns += 1;
    await Promise.resolve();
    atOnce -= 1;
    if (turns === 1) throw new Error('the first turn fails');
  });
  await waitFor(() => turns >= 3);
  await worker.stop();
  assert.equal(most, 1);
});

test('stopping waits for the turn that runs, and no other follows', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let ended = 0;
  const worker = repeat(options, async () => {
    await promise;
    ended += 1;
  });
  const stopped = worker.stop();
  assert.equal(ended, 0);
  resolve();
  await stopped;
  assert.equal(ended, 1);
});
