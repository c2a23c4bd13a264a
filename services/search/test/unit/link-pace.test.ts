import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkPace } from '../../src/domain/vector/link-pace.ts';

function fakeClock(): { idle(ms: number): void; work(ms: number): void; pace: LinkPace } {
  let [idle, active] = [0, 0];
  const pace = new LinkPace({ eventLoopUtilization: () => ({ idle, active }), now: () => idle + active });
  return { pace, idle: (ms) => (idle += ms), work: (ms) => (active += ms) };
}

test('work of others makes the thread busy, until it waits again', () => {
  const { pace, idle, work } = fakeClock();
  assert.equal(pace.isBusy, false);
  work(50);
  assert.equal(pace.isBusy, true);
  idle(50);
  assert.equal(pace.isBusy, false);
});

test('its own turns do not make the thread busy', () => {
  const { pace, work } = fakeClock();
  for (let turn = 0; turn < 10; turn += 1) {
    pace.run(() => work(9));
    work(1);
    assert.equal(pace.isBusy, false);
  }
});

test('a moment that is too short to tell changes nothing', () => {
  const { pace, work } = fakeClock();
  work(5);
  assert.equal(pace.isBusy, false);
});
