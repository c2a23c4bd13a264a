import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger } from '@peermesh/testkit';
import { GroupClock } from '../../src/runtime/group-clock.ts';

const HOUR_MS = 3_600_000;
const BEGIN_MS = 1_700_000_000_000;

/** A node that is so far ahead of the group; `passed` is what its monotonic clock shows. */
function clocks(aheadMs: number) {
  const time = { passed: 5_000, aheadMs };
  const wallMs = (): number => BEGIN_MS + time.passed + time.aheadMs;
  const clock = new GroupClock({ wallMs, now: () => time.passed }, silentLogger());
  return { time, clock, stamp: (ageMs = 0) => ({ clockMs: BEGIN_MS + time.passed - ageMs }) };
}

describe('the clock of the group', () => {
  it('is known by what this node asked for, and followed when the clock of the machine is set', () => {
    const { clock, time, stamp } = clocks(HOUR_MS);
    assert.equal(clock.offsetMs, 0);
    clock.decided(stamp());
    assert.equal(clock.offsetMs, HOUR_MS);
    time.passed += 60_000;
    assert.equal(clock.nowMs({ clockMs: 0 }, false), stamp().clockMs);
    time.aheadMs = 0;
    assert.equal(clock.offsetMs, 0);
    assert.equal(clock.nowMs({ clockMs: 0 }, false), stamp().clockMs);
  });

  it('is not thought to be behind because a decision of others came late', () => {
    const { clock, stamp } = clocks(0);
    clock.seen(stamp(HOUR_MS));
    assert.equal(clock.offsetMs, 0);
    clock.decided(stamp());
    clock.seen(stamp(-1));
    clock.seen(stamp(HOUR_MS));
    assert.ok(Math.abs(clock.offsetMs) <= 1);
  });

  it('is surely ahead when a decision comes from the future', () => {
    const { clock, stamp } = clocks(-HOUR_MS);
    clock.seen(stamp(20));
    assert.equal(clock.offsetMs, 20 - HOUR_MS);
  });

  it('is compared anew with a decision of others that shows less of a difference', () => {
    const { clock, time, stamp } = clocks(0);
    clock.decided(stamp(HOUR_MS));
    assert.equal(clock.offsetMs, HOUR_MS);
    time.passed += 1_000;
    clock.seen(stamp(30));
    assert.equal(clock.offsetMs, 30);
  });

  it('is that of the node itself while it leads, and never before the latest decision', () => {
    const { clock, time, stamp } = clocks(0);
    clock.decided(stamp(-HOUR_MS));
    assert.equal(clock.nowMs({ clockMs: 0 }, true), BEGIN_MS + time.passed);
    assert.equal(clock.nowMs(stamp(-HOUR_MS), true), BEGIN_MS + time.passed + HOUR_MS);
  });
});
