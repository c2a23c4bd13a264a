import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateEstimator } from '../../src/virtual-link/rate-estimator.ts';

const BATCH_BYTES = 10_000;
const ACK_DELAY_MS = 2;

test('what is under way at a rate covers the time that the other side may take over an acknowledgement', () => {
  const estimator = new RateEstimator();
  assert.equal(estimator.bdpBytes(ACK_DELAY_MS), 0);
  // 1,000 bytes a millisecond, of which one batch was answered at once and the others together after the delay.
  let nowMs = 0;
  for (let i = 0; i < 100; i += 1) {
    const { deliveredBytes, deliveredAtMs } = estimator;
    const sentAtMs = nowMs + BATCH_BYTES / 1_000 - (i === 3 ? 0.1 : ACK_DELAY_MS);
    nowMs += BATCH_BYTES / 1_000;
    estimator.onAck(BATCH_BYTES, sentAtMs, deliveredBytes, deliveredAtMs, true, nowMs);
  }
  assert.ok(Math.abs(estimator.rate - 1_000) < 1 && Math.abs(estimator.minRttMs - 0.1) < 0.001);
  assert.ok(estimator.bdpBytes(ACK_DELAY_MS) >= 1_000 * ACK_DELAY_MS);
  assert.ok(estimator.bdpBytes(ACK_DELAY_MS) <= 1_000 * (ACK_DELAY_MS + 0.2));
});
