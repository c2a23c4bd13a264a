import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceSchedule } from '@peermesh/contracts/ingest';
import { hasErrorCode } from '@peermesh/errors';
import { assertSchedule, nextPlanned, phaseOf } from '../../../src/domain/sources/schedule.ts';

const LIMITS = { intervalMsMin: 60_000, intervalMsMax: 86_400_000, cronJitterMsMax: 0 };
const cron = (expression: string, timeZone: string): SourceSchedule => ({ type: 'cron', expression, timeZone });

const DST_TABLE: readonly (readonly [string, string, string, string, string])[] = [
  [
    'the day before the clock goes forward',
    '30 2 * * *',
    'Europe/Berlin',
    '2026-03-28T00:00:00Z',
    '2026-03-28T01:30:00.000Z',
  ],
  [
    'a time that does not exist moves to the end of the gap',
    '30 2 * * *',
    'Europe/Berlin',
    '2026-03-28T12:00:00Z',
    '2026-03-29T01:00:00.000Z',
  ],
  [
    'the day after is on summer time',
    '30 2 * * *',
    'Europe/Berlin',
    '2026-03-29T12:00:00Z',
    '2026-03-30T00:30:00.000Z',
  ],
  [
    'a time that exists twice runs the first time',
    '30 2 * * *',
    'Europe/Berlin',
    '2026-10-24T12:00:00Z',
    '2026-10-25T00:30:00.000Z',
  ],
  ['and not a second time', '30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-26T01:30:00.000Z'],
  [
    'New York goes forward on another day',
    '0 7 * * *',
    'America/New_York',
    '2026-03-08T00:00:00Z',
    '2026-03-08T11:00:00.000Z',
  ],
  ['the south goes the other way', '0 7 * * *', 'Australia/Sydney', '2026-10-03T22:00:00Z', '2026-10-04T20:00:00.000Z'],
  ['zones with half hours', '0 9 * * MON-FRI', 'Asia/Kolkata', '2026-11-20T05:00:00Z', '2026-11-23T03:30:00.000Z'],
  ['zones without summer time', '0 0 1 1 *', 'UTC', '2026-11-21T00:00:00Z', '2027-01-01T00:00:00.000Z'],
];

for (const [name, expression, timeZone, after, expected] of DST_TABLE) {
  test(`cron in ${timeZone}: ${name}`, () => {
    assert.equal(nextPlanned(cron(expression, timeZone), 'src_1', new Date(after), LIMITS)?.toISOString(), expected);
  });
}

test('refuses unknown zones, wrong expressions and schedules that never fire', () => {
  const now = new Date('2026-11-21T00:00:00Z');
  for (const schedule of [
    cron('* * * * *', 'Mars/Olympus'),
    cron('61 * * * *', 'UTC'),
    cron('0 0 31 2 *', 'UTC'),
    cron('* * * * * *', 'UTC'),
    cron('nonsense!', 'UTC'),
  ]) {
    assert.throws(
      () => assertSchedule(schedule, now),
      (error) => hasErrorCode(error, 'PM_INGEST_SCHEDULE_INVALID'),
      JSON.stringify(schedule),
    );
  }
  assert.doesNotThrow(() => assertSchedule(cron('*/5 * * * *', 'Pacific/Chatham'), now));
});

test('keeps the phase of an interval whenever it is asked', () => {
  const schedule: SourceSchedule = { type: 'interval', seconds: 900 };
  const first = nextPlanned(schedule, 'src_a', new Date('2026-11-21T00:00:00Z'), LIMITS) as Date;
  const again = nextPlanned(schedule, 'src_a', new Date(first.getTime() - 1), LIMITS) as Date;
  assert.equal(again.getTime(), first.getTime());
  assert.equal((nextPlanned(schedule, 'src_a', first, LIMITS) as Date).getTime() - first.getTime(), 900_000);
});

test('spreads sources over the interval and over the cron minute', () => {
  const now = new Date('2026-11-21T00:00:00Z');
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 2_000; i += 1) {
    const at = nextPlanned({ type: 'interval', seconds: 3600 }, `src_${i}`, now, LIMITS) as Date;
    const bucket = Math.floor((at.getTime() - now.getTime()) / 360_000);
    buckets[Math.min(bucket, 9)] = (buckets[Math.min(bucket, 9)] ?? 0) + 1;
  }
  assert.ok(
    buckets.every((count) => count > 120 && count < 280),
    buckets.join(' '),
  );
  const jittered = nextPlanned(cron('0 7 * * *', 'UTC'), 'src_1', now, { ...LIMITS, cronJitterMsMax: 60_000 }) as Date;
  assert.equal(jittered.getTime() - Date.parse('2026-11-21T07:00:00Z'), Math.floor(phaseOf('src_1') * 60_000));
});

test('plans nothing for manual and event schedules', () => {
  assert.equal(nextPlanned({ type: 'manual' }, 'src_1', new Date(), LIMITS), null);
  assert.equal(nextPlanned({ type: 'event' }, 'src_1', new Date(), LIMITS), null);
});
