import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshForMs, retryAfterMs } from '../../../src/domain/sources/cache-hints.ts';
import {
  afterFetch,
  type FetchOutcome,
  type PollPolicy,
  type PollState,
} from '../../../src/domain/sources/fetch-outcome.ts';

const NOW = new Date('2026-11-21T06:00:00Z');
const DAY = 86_400_000;
const POLICY: PollPolicy = {
  intervalMsMin: 60_000,
  intervalMsMax: DAY,
  cronJitterMsMax: 0,
  deadAfterMs: 30 * DAY,
  hostPauseMs: 3_600_000,
  moveConfirmations: 3,
};
const SOURCE: PollState = {
  sourceId: 'src_1',
  url: 'https://example.org/feed',
  schedule: { type: 'interval', seconds: 900 },
  etag: 'W/"old"',
  lastModified: 'Sat, 21 Nov 2026 05:00:00 GMT',
  failures: 0,
  failingSince: null,
  movedTo: null,
  movedCount: 0,
};
const fetched: FetchOutcome = { kind: 'fetched', etag: '"new"', lastModified: null, freshForMs: 0, movedTo: null };
const after = (outcome: FetchOutcome, source: Partial<PollState> = {}) =>
  afterFetch({ ...SOURCE, ...source }, outcome, NOW, POLICY);
const waitMs = (transition: ReturnType<typeof afterFetch>): number =>
  (transition.nextFetchAt?.getTime() ?? Number.NaN) - NOW.getTime();

test('keeps new validators verbatim and the old ones after 304', () => {
  assert.equal(after(fetched).etag, '"new"');
  assert.equal(after(fetched).lastModified, null);
  const same = after({ kind: 'not_modified', freshForMs: 0, movedTo: null });
  assert.deepEqual([same.etag, same.lastModified], ['W/"old"', 'Sat, 21 Nov 2026 05:00:00 GMT']);
});

test('forgives failures after a success', () => {
  const transition = after(fetched, { failures: 9, failingSince: new Date(NOW.getTime() - 20 * DAY) });
  assert.deepEqual([transition.failures, transition.failingSince, transition.state], [0, null, 'active']);
  assert.ok(waitMs(transition) <= 900_000);
});

test('waits as long as the server says that its answer is fresh, but not for ever', () => {
  assert.equal(waitMs(after({ ...fetched, freshForMs: 2 * 3_600_000 })), 2 * 3_600_000);
  assert.equal(waitMs(after({ ...fetched, freshForMs: 90 * DAY })), DAY);
});

test('doubles its patience with every failure up to a day', () => {
  const waits = [0, 1, 2, 5, 10, 30].map((failures) =>
    waitMs(after({ kind: 'failed', code: 'x', retryAfterMs: null }, { failures, schedule: { type: 'manual' } })),
  );
  assert.deepEqual(waits, [60_000, 120_000, 240_000, 32 * 60_000, 1024 * 60_000, DAY]);
});

test('honours Retry-After', () => {
  assert.equal(waitMs(after({ kind: 'failed', code: 'x', retryAfterMs: 7_200_000 })), 7_200_000);
});

test('pauses the whole host after 403 and 429', () => {
  assert.equal(after({ kind: 'refused', status: 403, retryAfterMs: null }).pauseHostMs, 3_600_000);
  assert.equal(after({ kind: 'refused', status: 429, retryAfterMs: 120_000 }).pauseHostMs, 120_000);
});

test('disables what is gone and pauses what robots.txt forbids', () => {
  const gone = after({ kind: 'gone' });
  assert.deepEqual([gone.state, gone.stateReason, gone.nextFetchAt], ['disabled', 'gone', null]);
  const denied = after({ kind: 'robots_denied' });
  assert.deepEqual([denied.state, denied.stateReason, denied.nextFetchAt], ['paused', 'robots', null]);
});

test('pauses a source that has failed for thirty days, not a day before', () => {
  const failed: FetchOutcome = { kind: 'failed', code: 'x', retryAfterMs: null };
  assert.equal(after(failed, { failures: 40, failingSince: new Date(NOW.getTime() - 29 * DAY) }).state, 'active');
  const dead = after(failed, { failures: 41, failingSince: new Date(NOW.getTime() - 30 * DAY) });
  assert.deepEqual([dead.state, dead.stateReason, dead.nextFetchAt], ['paused', 'dead', null]);
});

test('follows a permanent move after three confirmations of the same target', () => {
  const moved: FetchOutcome = { ...fetched, movedTo: 'https://example.org/new' };
  const first = after(moved);
  const second = after(moved, first);
  assert.deepEqual([first.url, first.movedCount, second.url, second.movedCount], [SOURCE.url, 1, SOURCE.url, 2]);
  assert.equal(after(moved, second).url, 'https://example.org/new');
  assert.equal(after({ ...fetched, movedTo: 'https://example.org/other' }, second).movedCount, 1);
  assert.equal(after(fetched, second).movedCount, 0);
});

test('reads Retry-After in seconds and as a date', () => {
  assert.equal(retryAfterMs('120', NOW), 120_000);
  assert.equal(retryAfterMs('Sat, 21 Nov 2026 06:01:00 GMT', NOW), 60_000);
  assert.equal(retryAfterMs('Sat, 21 Nov 2026 05:00:00 GMT', NOW), 0);
  assert.equal(retryAfterMs('soon', NOW), null);
});

test('reads freshness from Cache-Control before Expires', () => {
  assert.equal(
    freshForMs({ 'cache-control': 'public, max-age=600', age: '100', expires: 'Sat, 21 Nov 2026 09:00:00 GMT' }, NOW),
    500_000,
  );
  assert.equal(freshForMs({ 'cache-control': 'no-cache, max-age=600' }, NOW), 0);
  assert.equal(freshForMs({ expires: 'Sat, 21 Nov 2026 06:10:00 GMT' }, NOW), 600_000);
  assert.equal(freshForMs({ expires: '0' }, NOW), 0);
});
