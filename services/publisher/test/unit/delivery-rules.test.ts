import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { breakerDelayMs, nextHealth } from '../../src/domain/endpoint-health.ts';
import { retryAfterOf, verdictOnResponse } from '../../src/domain/http-verdict.ts';
import { createLinkTokens } from '../../src/domain/link-tokens.ts';
import { createRetrySchedule } from '../../src/domain/retry-schedule.ts';
import { verdictOnSmtpError } from '../../src/domain/smtp-verdict.ts';
import { newWebhookSecret, signatureHeaders } from '../../src/domain/webhook-signature.ts';

const KEY = Buffer.alloc(32, 1);
const now = new Date('2026-11-21T06:00:00Z');

test('signs as the vector of Standard Webhooks does', () => {
  const headers = signatureHeaders(
    { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}', at: new Date(1614265330_000) },
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  );
  assert.equal(headers['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  assert.equal(headers['webhook-timestamp'], '1614265330');
});

test('with two secrets a receiver may hold either', () => {
  const secrets = [newWebhookSecret(), newWebhookSecret()];
  const headers = signatureHeaders({ id: 'dlv_1', body: '{"a":1}', at: new Date() }, secrets);
  for (const secret of secrets) assert.deepEqual(new Webhook(secret).verify('{"a":1}', headers), { a: 1 });
  assert.throws(() => new Webhook(newWebhookSecret()).verify('{"a":1}', headers));
});

test('the retry schedule has jitter of a fifth, honours Retry-After, and ends', () => {
  const low = createRetrySchedule('0,5,300', () => 0);
  const high = createRetrySchedule('0,5,300', () => 1);
  assert.equal(low.attemptsMax, 3);
  assert.equal(low.delayAfter(1, null), 4_000);
  assert.equal(high.delayAfter(1, null), 6_000);
  assert.equal(low.delayAfter(2, null), 240_000);
  assert.equal(low.delayAfter(3, null), null);
  assert.equal(low.delayAfter(1, 60_000), 60_000);
  assert.equal(low.delayAfter(1, 1_000), 4_000);
  assert.equal(low.delayAfter(1, 1e12), 24 * 3_600_000);
});

test('answers of receivers', () => {
  const kinds = [200, 204, 299, 301, 302, 400, 401, 404, 410, 429, 500, 503].map(
    (status) => verdictOnResponse(status, '', null, now).kind,
  );
  assert.deepEqual(kinds, [
    'delivered',
    'delivered',
    'delivered',
    ...Array(5).fill('retry'),
    'gone',
    ...Array(3).fill('retry'),
  ]);
  assert.equal(verdictOnResponse(429, '', '120', now).retryAfterMs, 120_000);
  assert.equal(retryAfterOf('Sat, 21 Nov 2026 06:01:00 GMT', now), 60_000);
  assert.equal(retryAfterOf('Sat, 21 Nov 2026 05:00:00 GMT', now), 0);
  assert.equal(retryAfterOf('soon', now), null);
});

test('answers of mail servers', () => {
  const verdict = (error: object) => verdictOnSmtpError(Object.assign(new Error('x'), error));
  assert.equal(verdict({ responseCode: 550, response: '550 5.1.1 no such user', command: 'RCPT TO' }).kind, 'gone');
  assert.equal(verdict({ responseCode: 550, response: '550 no such user', command: 'RCPT TO' }).kind, 'gone');
  assert.equal(verdict({ responseCode: 550, response: '550 5.7.1 blocked by policy', command: 'DATA' }).kind, 'retry');
  assert.equal(verdict({ responseCode: 554, response: '554 5.6.0 bad content', command: 'DATA' }).kind, 'rejected');
  assert.equal(verdict({ responseCode: 452, response: '452 4.2.2 mailbox full', command: 'RCPT TO' }).kind, 'retry');
  assert.equal(
    verdict({ responseCode: 535, response: '535 5.7.8 bad credentials', command: 'AUTH PLAIN' }).kind,
    'retry',
  );
  assert.equal(verdict({ code: 'ECONNREFUSED', command: 'CONN' }).detail, 'smtp_econnrefused');
});

test('an endpoint that only fails is warned about at 50, 70 and 90 % and disabled at the end', () => {
  const day = 86_400_000;
  let health = { failingSince: null as Date | null, warnedPercent: 0 };
  const news: string[] = [];
  for (let hour = 0; hour <= 120; hour += 1) {
    const change = nextHealth(health, { succeeded: false, at: new Date(now.getTime() + hour * 3_600_000) }, 5 * day);
    if (change.warn !== null) news.push(`${hour}: ${change.warn}`);
    if (change.disable) news.push(`${hour}: off`);
    health = change;
  }
  assert.deepEqual(news, ['60: 50', '84: 70', '108: 90', '120: off']);
  const cleared = nextHealth(health, { succeeded: true, at: now }, 5 * day);
  assert.deepEqual(cleared, { failingSince: null, warnedPercent: 0, warn: null, disable: false });
});

test('the breaker opens after its threshold and doubles', () => {
  assert.deepEqual(
    [7, 8, 9, 10, 40].map((failures) => breakerDelayMs(failures, 8, 5_000)),
    [0, 5_000, 10_000, 20_000, 600_000],
  );
});

test('links are signed for one purpose, by one key', () => {
  const links = createLinkTokens(KEY);
  const token = links.sign({ kind: 'click', tenantId: 't', deliveryId: 'd', url: 'https://a.example/' });
  assert.equal(links.verify(token, 'click')?.url, 'https://a.example/');
  assert.equal(links.verify(token, 'open'), null);
  assert.equal(createLinkTokens(Buffer.alloc(32, 2)).verify(token, 'click'), null);
  const [payload, signature] = token.split('.');
  const evil = Buffer.from(
    JSON.stringify({ kind: 'click', tenantId: 't', deliveryId: 'd', url: 'https://evil.example/' }),
  );
  for (const bad of [
    `${evil.toString('base64url')}.${signature}`,
    `${payload}.`,
    `${payload}`,
    '.',
    '',
    `${token}.x`,
    `${payload}.AAAA`,
  ]) {
    assert.equal(links.verify(bad, 'click'), null, bad);
  }
});
