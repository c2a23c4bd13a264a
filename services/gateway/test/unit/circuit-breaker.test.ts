import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CircuitBreaker } from '../../src/domain/circuit-breaker.ts';
import { RetryBudget } from '../../src/domain/retry-budget.ts';

const policy = { windowMs: 1000, minRequests: 4, errorRate: 0.5, openForMs: 500, probes: 2 };

function outcomes(breaker: CircuitBreaker, nowMs: number, ...results: boolean[]): void {
  for (const result of results) {
    assert.equal(breaker.admit(nowMs), true);
    breaker.record(result, nowMs);
  }
}

test('opens at the error rate, not before the least number of requests', () => {
  const breaker = new CircuitBreaker(policy);
  outcomes(breaker, 0, false, false, false);
  assert.equal(breaker.state, 'closed');
  outcomes(breaker, 0, false);
  assert.equal(breaker.state, 'open');
  assert.equal(breaker.admit(100), false);
  assert.equal(breaker.retryAfterMs(100), 400);
});

test('forgets failures that left the window', () => {
  const breaker = new CircuitBreaker(policy);
  outcomes(breaker, 0, false, false, false);
  outcomes(breaker, 1500, true, true, true, false);
  assert.equal(breaker.state, 'closed');
  outcomes(breaker, 20_000, true, true, false, false);
  assert.equal(breaker.state, 'open');
});

test('closes after the probes succeed, and admits no more than those', () => {
  const breaker = new CircuitBreaker(policy);
  outcomes(breaker, 0, false, false, false, false);
  assert.equal(breaker.admit(600), true);
  assert.equal(breaker.state, 'half_open');
  assert.equal(breaker.admit(600), true);
  assert.equal(breaker.admit(600), false);
  breaker.record(true, 610);
  breaker.record(true, 620);
  assert.equal(breaker.state, 'closed');
});

test('a failed probe opens it again, a probe without outcome gives its place back', () => {
  const breaker = new CircuitBreaker(policy);
  outcomes(breaker, 0, false, false, false, false);
  breaker.admit(600);
  breaker.forget();
  breaker.admit(600);
  breaker.admit(600);
  breaker.record(false, 610);
  assert.equal(breaker.state, 'open');
  breaker.record(true, 620);
  assert.equal(breaker.admit(700), false);
});

test('a retry budget bounds retries to its share after the reserve is gone', () => {
  const budget = new RetryBudget(0.1);
  let spent = 0;
  for (let request = 0; request < 1000; request++) {
    budget.earn();
    if (budget.spend()) spent++;
  }
  assert.ok(spent >= 100 && spent <= 111, `${spent} retries`);
  assert.equal(new RetryBudget(0).spend(), false);
});
