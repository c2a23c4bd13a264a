import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_ORIGINATION_PACING, OriginationPacer } from '../../../src/link-state/origination-pacer.ts';
import { Originator } from '../../../src/link-state/originator.ts';
import { TestKeys } from '../../support/keys.ts';

function newOriginator(): Originator {
  const config = {
    self: 1,
    bootEpoch: 7,
    region: 0,
    tenant: 0,
    pacing: DEFAULT_ORIGINATION_PACING,
    refreshMs: 60_000,
    lifetimeMs: 180_000,
    random: () => 0.5,
  };
  return new Originator(config, new TestKeys().signerFor(1));
}

test('the first change is advertised at once; while changes go on the pauses double from 50 ms to 5 s', () => {
  const pacer = new OriginationPacer(DEFAULT_ORIGINATION_PACING);
  const pauses: number[] = [];
  let nowMs = 0;
  for (let round = 0; round < 10; round += 1) {
    pacer.request(nowMs, false);
    pauses.push(pacer.dueAtMs - nowMs);
    nowMs = pacer.dueAtMs;
    pacer.onOriginated(nowMs);
  }
  assert.deepEqual(pauses, [0, 50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  nowMs += 10_001;
  pacer.request(nowMs, false);
  assert.equal(pacer.dueAtMs, nowMs);
  pacer.onOriginated(nowMs);
  pacer.request(nowMs, false);
  assert.equal(pacer.dueAtMs, nowMs + 50, 'forgotten after a quiet time');
});

test('a lost link waits for the shortest pause only, whatever the doubling has come to', () => {
  const pacer = new OriginationPacer(DEFAULT_ORIGINATION_PACING);
  let nowMs = 0;
  for (let round = 0; round < 8; round += 1) {
    pacer.request(nowMs, false);
    nowMs = pacer.dueAtMs;
    pacer.onOriginated(nowMs);
  }
  pacer.request(nowMs + 10, false);
  assert.ok(pacer.dueAtMs > nowMs + 1_000);
  pacer.request(nowMs + 10, true);
  assert.equal(pacer.dueAtMs, nowMs + 50);
});

test('versions ascend within a start, and an unchanged advertisement is repeated within a minute', () => {
  const originator = newOriginator();
  assert.equal(originator.dueAtMs, Number.POSITIVE_INFINITY);
  originator.request(0, false);
  const first = originator.originate(0, 2, []).advertisement;
  assert.deepEqual(first.version, { epoch: 7, seq: 1 });
  assert.equal(originator.dueAtMs, 57_000);
  assert.deepEqual(originator.originate(57_000, 2, []).advertisement.version, { epoch: 7, seq: 2 });
});

test('a node that lost its epoch continues above what the mesh remembers of it', () => {
  const originator = newOriginator();
  assert.equal(originator.overtake({ epoch: 7, seq: 0 }), false);
  assert.equal(originator.overtake({ epoch: 40, seq: 3 }), true);
  assert.deepEqual(originator.originate(0, 2, []).advertisement.version, { epoch: 40, seq: 4 });
});
