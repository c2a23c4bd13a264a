import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueSteps, type KeyState, type RotatingKey, rotationPolicyOf } from '../../src/domain/key-rotation.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const policy = rotationPolicyOf(30, 900);
const start = new Date('2026-01-01T00:00:00Z');
const at = (ms: number): Date => new Date(start.getTime() + ms);

/** Applies steps as the store does. */
function apply(keys: readonly RotatingKey[], now: Date, isForced = false): RotatingKey[] {
  let result = [...keys];
  for (const step of dueSteps(keys, now, policy, isForced)) {
    if (step.do === 'create') {
      result.push({
        kid: `k${result.length + 1}`,
        algorithm: 'EdDSA',
        state: step.state,
        createdAt: now,
        activatedAt: step.state === 'active' ? now : null,
        retiringAt: null,
      });
    } else {
      result = result.map((key) =>
        key.kid === step.kid
          ? {
              ...key,
              state: step.to,
              activatedAt: step.to === 'active' ? now : key.activatedAt,
              retiringAt: step.to === 'retiring' ? now : key.retiringAt,
            }
          : key,
      );
    }
  }
  return result;
}
const inState = (keys: readonly RotatingKey[], state: KeyState): string[] =>
  keys.filter((key) => key.state === state).map(({ kid }) => kid);

test('an empty set gets an active and a next key', () => {
  const keys = apply([], start);
  assert.deepEqual([inState(keys, 'active'), inState(keys, 'next')], [['k1'], ['k2']]);
});

test('nothing is due before the time', () => {
  const keys = apply([], start);
  assert.deepEqual(dueSteps(keys, at(30 * DAY_MS - 1), policy), []);
});

test('a key goes through its whole life', () => {
  let keys = apply([], start);
  keys = apply(keys, at(30 * DAY_MS));
  assert.deepEqual(
    [inState(keys, 'retiring'), inState(keys, 'active'), inState(keys, 'next')],
    [['k1'], ['k2'], ['k3']],
  );
  assert.deepEqual(dueSteps(keys, at(30 * DAY_MS + HOUR_MS), policy), [], 'a token of the last moment still verifies');
  keys = apply(keys, at(30 * DAY_MS + HOUR_MS + 900_000));
  assert.deepEqual(inState(keys, 'retired'), ['k1']);
});

test('whoever looks hourly for a year sees one active and one next key, and no key that signed unpublished', () => {
  let keys: RotatingKey[] = [];
  for (let hour = 0; hour <= 365 * 24; hour += 1) {
    const now = at(hour * HOUR_MS);
    keys = apply(keys, now);
    assert.equal(inState(keys, 'active').length, 1, `hour ${hour}`);
    assert.equal(inState(keys, 'next').length, 1, `hour ${hour}`);
    assert.ok(inState(keys, 'retiring').length <= 1, `hour ${hour}`);
  }
  for (const key of keys.slice(1).filter(({ activatedAt }) => activatedAt !== null)) {
    assert.ok(Number(key.activatedAt) - key.createdAt.getTime() >= policy.publishAheadMs);
  }
  assert.equal(inState(keys, 'retired').length, 12);
});

test('a service that slept for months rotates once when it wakes', () => {
  const keys = apply(apply([], start), at(200 * DAY_MS));
  assert.deepEqual(
    [inState(keys, 'retiring'), inState(keys, 'active'), inState(keys, 'next')],
    [['k1'], ['k2'], ['k3']],
  );
});

test('a key that has just become next is not made active by age alone', () => {
  const keys = apply(apply([], start), at(DAY_MS), true);
  const fresh = keys.map((key) => (key.state === 'active' ? { ...key, activatedAt: at(-40 * DAY_MS) } : key));
  assert.deepEqual(dueSteps(fresh, at(DAY_MS + HOUR_MS), policy), []);
});

test('force rotates now', () => {
  const keys = apply(apply([], start), at(HOUR_MS), true);
  assert.deepEqual([inState(keys, 'retiring'), inState(keys, 'active')], [['k1'], ['k2']]);
});

test('without an active key the next takes over', () => {
  const keys = apply([], start).filter(({ state }) => state === 'next');
  const after = apply(keys, at(HOUR_MS));
  assert.deepEqual(inState(after, 'active'), ['k2']);
  assert.equal(inState(after, 'next').length, 1);
});
