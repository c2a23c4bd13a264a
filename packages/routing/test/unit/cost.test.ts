import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_COST_WEIGHTS, LINK_COST_MAX, linkCost } from '../../src/cost.ts';
import { METRICS } from '../support/advertisements.ts';

const cost = (changes: Partial<typeof METRICS>, weights = DEFAULT_COST_WEIGHTS, penalty = 0): number =>
  linkCost({ ...METRICS, ...changes }, penalty, weights);

test('each term makes a link dearer, and each weight scales its own term', () => {
  const base = cost({});
  assert.ok(cost({ latencyUs: 20_000 }) > base);
  assert.ok(cost({ jitterUs: 1_000 }) > base);
  assert.ok(cost({ lossPpm: 10_000 }) > base);
  assert.ok(cost({ spareKbps: 10_000 }) > base);
  assert.ok(cost({ weight: 1 }) > base);
  assert.equal(cost({}, DEFAULT_COST_WEIGHTS, 77) - base, 77);
  const only = { ...DEFAULT_COST_WEIGHTS, latency: 0, jitter: 0, loss: 0, bandwidth: 0, weight: 0 };
  assert.equal(cost({ latencyUs: 300 }, { ...only, latency: 3 }), 900);
  assert.equal(cost({ jitterUs: 300 }, { ...only, jitter: 3 }), 900);
  assert.equal(cost({ lossPpm: 500_000, latencyUs: 1_000 }, { ...only, loss: 2 }), 402_000);
  assert.equal(cost({ spareKbps: 524_288 }, { ...only, bandwidth: 5 }), 5_000);
  assert.equal(cost({ weight: 9 }, { ...only, weight: 11 }), 99);
});

test('a fast link without spare bandwidth loses against a slower one that has some', () => {
  assert.ok(cost({ latencyUs: 5_000, spareKbps: 5_000 }) > cost({ latencyUs: 30_000, spareKbps: 500_000 }));
});

test('a cost is a whole number within bounds for any figures', () => {
  assert.equal(cost({ latencyUs: 0, jitterUs: 0, spareKbps: 0xffff_ffff }), 1);
  assert.equal(cost({ lossPpm: 1_000_000 }), LINK_COST_MAX);
  assert.ok(Number.isInteger(cost({ latencyUs: 333, lossPpm: 3, spareKbps: 7_777 })));
});
