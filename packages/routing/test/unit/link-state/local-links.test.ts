import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_COST_WEIGHTS } from '../../../src/cost.ts';
import { DEFAULT_FLAP_DAMPING } from '../../../src/link-state/flap-damping.ts';
import { DEFAULT_HYSTERESIS, LocalLinks } from '../../../src/link-state/local-links.ts';
import { METRICS } from '../../support/advertisements.ts';

const LINK = { peer: 2, linkId: 20, metrics: METRICS, riskGroups: [] };
const hasOtherWay = (): boolean => true;
const hasNoOtherWay = (): boolean => false;

function newLinks(): LocalLinks {
  return new LocalLinks({
    cost: DEFAULT_COST_WEIGHTS,
    damping: DEFAULT_FLAP_DAMPING,
    hysteresis: DEFAULT_HYSTERESIS,
  });
}

function withLinkUp(): LocalLinks {
  const links = newLinks();
  links.up(0, LINK);
  assert.equal(links.refresh(0, hasOtherWay), true);
  return links;
}

test('a first link is advertised at once and its loss at once', () => {
  const links = withLinkUp();
  assert.equal(links.advertised().length, 1);
  assert.equal(links.down(10, 20), true);
  assert.deepEqual(links.advertised(), []);
  assert.equal(links.down(11, 20), false, 'lost only once');
});

test('a figure that moves by less than a quarter or by less than 2 ms is not news', () => {
  const links = withLinkUp();
  links.measured(0, 20, { ...METRICS, latencyUs: 12_400 });
  assert.equal(links.refresh(60_000, hasOtherWay), false);
  const near = newLinks();
  near.up(0, { ...LINK, metrics: { ...METRICS, latencyUs: 500 } });
  near.refresh(0, hasOtherWay);
  near.measured(0, 20, { ...METRICS, latencyUs: 2_000 });
  near.refresh(1, hasOtherWay);
  assert.equal(near.refresh(60_000, hasOtherWay), false, 'four times as slow, but only 1.5 ms');
});

test('a larger change is advertised after it has lasted for 5 s, and a spike never', () => {
  const links = withLinkUp();
  links.measured(0, 20, { ...METRICS, latencyUs: 40_000 });
  assert.equal(links.refresh(1_000, hasOtherWay), false);
  assert.equal(links.refresh(5_999, hasOtherWay), false);
  assert.equal(links.refresh(6_000, hasOtherWay), true);
  assert.equal(links.advertised()[0]?.latencyUs, 40_000);
  links.measured(0, 20, METRICS);
  links.refresh(7_000, hasOtherWay);
  links.measured(0, 20, { ...METRICS, latencyUs: 40_000 });
  links.refresh(8_000, hasOtherWay);
  links.measured(0, 20, METRICS);
  assert.equal(links.refresh(12_500, hasOtherWay), false, 'the clock started again');
});

test('a link that flaps is held back until its penalty has decayed, then comes back dearer', () => {
  const links = withLinkUp();
  for (const at of [100, 200, 300]) {
    links.down(at, 20);
    links.up(at + 50, LINK);
    links.refresh(at + 50, hasOtherWay);
  }
  assert.deepEqual(links.advertised(), [], 'three losses within a second');
  assert.equal(links.refresh(10_000, hasOtherWay), false);
  assert.equal(links.refresh(17_000, hasOtherWay), true, 'three thousand points are under a thousand after 16 s');
  assert.ok((links.advertised()[0]?.penalty ?? 0) > 5_000);
});

test('a flapping link is used after a second when there is no other way to its peer', () => {
  const links = withLinkUp();
  for (const at of [100, 200, 300]) {
    links.down(at, 20);
    links.up(at + 50, LINK);
    links.refresh(at + 50, hasNoOtherWay);
  }
  assert.deepEqual(links.advertised(), []);
  assert.equal(links.refresh(1_349, hasNoOtherWay), false);
  assert.equal(links.refresh(1_350, hasNoOtherWay), true);
});

test('a link that flaps for ever is held back for a bounded time after its last loss', () => {
  const links = withLinkUp();
  let nowMs = 0;
  for (let flap = 0; flap < 1_000; flap += 1) {
    nowMs += 100;
    links.down(nowMs, 20);
    links.up(nowMs + 50, LINK);
    links.refresh(nowMs + 50, hasOtherWay);
  }
  assert.deepEqual(links.advertised(), []);
  assert.equal(links.refresh(nowMs + 30_001, hasOtherWay), true);
});

test('when something is due, doing it is not due again at the same time, whatever the fractions of the clock', () => {
  for (let sample = 0; sample < 2_000; sample += 1) {
    const startMs = sample * 17.123456789;
    const links = newLinks();
    links.up(startMs, LINK);
    links.refresh(startMs, hasOtherWay);
    links.measured(startMs + 0.1, 20, { ...METRICS, latencyUs: 90_000 });
    links.refresh(startMs + 0.1, hasOtherWay);
    const dueAtMs = links.dueAtMs;
    assert.equal(links.refresh(dueAtMs, hasOtherWay), true, `${startMs}`);
    assert.ok(links.dueAtMs > dueAtMs, `${startMs}`);
  }
});
