import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker, type BreakerState } from '../../src/orchestrator/breaker.ts';

function setUp(): { breaker: Breaker; states: BreakerState[]; pass(ms: number): void } {
  let nowMs = 0;
  const states: BreakerState[] = [];
  return {
    breaker: new Breaker(
      () => nowMs,
      (state) => states.push(state),
    ),
    states,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

test('half of at least twenty calls within ten seconds open it', () => {
  const { breaker, states } = setUp();
  for (let i = 0; i < 19; i += 1) breaker.record(i % 2 === 0);
  assert.equal(breaker.state, 'closed');
  breaker.record(true);
  assert.deepEqual(states, ['open']);
  assert.equal(breaker.admit(), false);
});

test('calls that are older than ten seconds count no more', () => {
  const { breaker, pass } = setUp();
  for (let i = 0; i < 15; i += 1) breaker.record(true);
  pass(10_001);
  for (let i = 0; i < 15; i += 1) breaker.record(i % 2 === 0);
  assert.equal(breaker.state, 'closed');
});

test('successes outweigh failures however many there are', () => {
  const { breaker, pass } = setUp();
  for (let i = 0; i < 100_000; i += 1) {
    breaker.record(i % 3 === 0);
    pass(1);
  }
  assert.equal(breaker.state, 'closed');
});

test('after a second one probe decides, and a failed one keeps it open for longer', () => {
  const { breaker, states, pass } = setUp();
  for (let i = 0; i < 20; i += 1) breaker.record(true);
  pass(1_000);
  assert.deepEqual([breaker.admit(), breaker.admit()], [true, false]);
  breaker.record(true);
  pass(1_999);
  assert.equal(breaker.admit(), false);
  pass(1);
  assert.equal(breaker.admit(), true);
  breaker.record(false);
  assert.deepEqual(states, ['open', 'half_open', 'open', 'half_open', 'closed']);
});
