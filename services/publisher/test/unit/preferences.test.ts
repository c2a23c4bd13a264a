import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyPreferences, isTimeZone, mergePreferences, quietUntil } from '../../src/domain/preferences.ts';

const berlin = { quietHours: { start: '22:00', end: '07:00', timeZone: 'Europe/Berlin' } };
const noon = new Date('2026-06-15T10:00:00Z');

test('quiet hours end at the wall clock of the zone, also across summer time', () => {
  const cases = [
    ['2026-06-15T10:00:00Z', null],
    ['2026-06-15T20:00:00Z', '2026-06-16T05:00:00.000Z'],
    ['2026-06-15T04:59:00Z', '2026-06-15T05:00:00.000Z'],
    ['2026-06-15T05:00:00Z', null],
    ['2026-01-15T21:00:00Z', '2026-01-16T06:00:00.000Z'],
    // The clock jumps from 02:00 to 03:00 that night, and back from 03:00 to 02:00 in autumn.
    ['2026-03-28T22:30:00Z', '2026-03-29T05:00:00.000Z'],
    ['2026-10-24T21:00:00Z', '2026-10-25T06:00:00.000Z'],
  ] as const;
  for (const [now, expected] of cases) {
    assert.equal(quietUntil(berlin, new Date(now))?.toISOString() ?? null, expected, now);
  }
});

test('quiet hours within a day, and none at all', () => {
  const siesta = { quietHours: { start: '12:00', end: '14:00', timeZone: 'UTC' } };
  assert.equal(quietUntil(siesta, new Date('2026-06-15T13:59:30Z'))?.toISOString(), '2026-06-15T14:00:00.000Z');
  assert.equal(quietUntil(siesta, new Date('2026-06-15T14:00:00Z')), null);
  assert.equal(quietUntil({ quietHours: { start: '08:00', end: '08:00', timeZone: 'UTC' } }, noon), null);
  assert.equal(quietUntil({ quietHours: null }, noon), null);
  assert.equal(quietUntil({}, noon), null);
});

test('quiet hours hold mails and realtime back, never webhooks', () => {
  const night = new Date('2026-06-15T23:00:00Z');
  assert.equal(applyPreferences(berlin, { channel: 'email', topics: [] }, night).kind, 'wait');
  assert.equal(applyPreferences(berlin, { channel: 'realtime', topics: [] }, night).kind, 'wait');
  assert.equal(applyPreferences(berlin, { channel: 'webhook', topics: [] }, night).kind, 'send');
});

test('a channel can be off, a topic muted on all channels or one', () => {
  const preferences = {
    channels: { email: false },
    mutedTopics: [{ topic: 'Sport' }, { topic: 'cars', channel: 'webhook' as const }],
  };
  const verdict = (channel: 'email' | 'webhook' | 'realtime', topics: string[]) =>
    applyPreferences(preferences, { channel, topics }, noon).kind;
  assert.equal(verdict('email', ['energy']), 'suppress');
  assert.equal(verdict('webhook', ['sport']), 'suppress');
  assert.equal(verdict('webhook', ['sport', 'cars']), 'suppress');
  assert.equal(verdict('realtime', ['sport', 'cars']), 'send');
  assert.equal(verdict('webhook', ['sport', 'energy']), 'send');
  assert.equal(verdict('webhook', []), 'send');
});

test('digests end on the hour, or at midnight of the zone', () => {
  const hourly = applyPreferences(
    { emailDigest: 'hourly' },
    { channel: 'email', topics: [] },
    new Date('2026-06-15T10:20:30Z'),
  );
  assert.deepEqual(hourly, {
    kind: 'digest',
    windowStart: new Date('2026-06-15T10:00:00Z'),
    windowEnd: new Date('2026-06-15T11:00:00Z'),
  });
  const daily = { emailDigest: 'daily', quietHours: { ...berlin.quietHours } } as const;
  const verdict = applyPreferences(daily, { channel: 'email', topics: [] }, new Date('2026-10-25T12:34:56Z'));
  assert.deepEqual(verdict, {
    kind: 'digest',
    windowStart: new Date('2026-10-24T22:00:00Z'),
    windowEnd: new Date('2026-10-25T23:00:00Z'),
  });
});

test("a user's own settings stand before those of the tenant", () => {
  const merged = mergePreferences(
    { channels: { email: false, webhook: false }, emailDigest: 'daily', mutedTopics: [{ topic: 'a' }] },
    { channels: { email: true }, emailDigest: 'off', mutedTopics: [{ topic: 'b' }] },
  );
  assert.deepEqual(merged.channels, { email: true, webhook: false });
  assert.equal(merged.emailDigest, 'off');
  assert.deepEqual(merged.mutedTopics, [{ topic: 'a' }, { topic: 'b' }]);
});

test('knows time zones by their IANA name', () => {
  assert.ok(isTimeZone('Europe/Berlin'));
  assert.ok(!isTimeZone('Europe/Atlantis'));
  assert.ok(!isTimeZone(''));
});
