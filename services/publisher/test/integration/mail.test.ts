import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import {
  PublishingDelivered,
  PublishingEngaged,
  PublishingFailed,
  PublishingTriggered,
} from '@peermesh/contracts/events';
import { waitFor } from '@peermesh/testkit';
import { triggered } from '../support/documents.ts';
import { type Mailbox, type ReceivedMail, startMailbox } from '../support/mailbox.ts';
import { type PublisherFixture, startPublisher } from '../support/start-publisher.ts';
import { type Subscriber, subscribe } from '../support/subscriber.ts';

let publisher: PublisherFixture;
let mailbox: Mailbox;

before(async () => {
  mailbox = await startMailbox();
  publisher = await startPublisher({ SMTP_URL: mailbox.url, EMAIL_FROM: 'PeerMesh <news@peermesh.example>' });
});
after(async () => {
  await publisher.stop();
  await mailbox.stop();
});

const HOUR_MS = 3_600_000;

/** A subscriber whose address was verified with the token of the mail. */
async function verified(address: string): Promise<Subscriber> {
  const user = await subscribe(publisher, { channel: 'email', email: address, ratePerSecond: 1000 });
  assert.equal(user.endpoint.state, 'unverified');
  const [mail] = await mails(address, 1);
  const token = /\n\n(\S{40,})\n\n/.exec(mail?.mail.text ?? '')?.[1] ?? '';
  const path = `/api/v1/endpoints/${user.endpoint.id}/verify`;
  const { status, body } = await publisher.call('POST', path, { claims: user.claims, body: { token } });
  assert.deepEqual([status, body.state], [200, 'active']);
  return user;
}

async function mails(address: string, count: number): Promise<ReceivedMail[]> {
  await waitFor(() => mailbox.to(address).length >= count, { message: `${count} mails to ${address}` });
  return mailbox.to(address);
}

const send = (user: Subscriber, ...changes: object[]): Promise<void> =>
  publisher.emit(
    PublishingTriggered,
    changes.map((change) => triggered({ topics: [user.topic], ...change })),
  );
const linkIn = (text: string | undefined, part: string): string =>
  new RegExp(`http://gateway\\.test(/api/v1/${part}/[A-Za-z0-9_.-]+)`).exec(text ?? '')?.[1] ?? '';

/** As if their time had come: the queue goes by the clock of the database. */
async function makeDue(user: Subscriber): Promise<void> {
  await publisher.database.db.system((tx) =>
    tx.client.query(
      `UPDATE publisher_deliveries SET next_at = clock_timestamp() WHERE subscription_id = $1 AND state = 'scheduled'`,
      [user.subscription.id],
    ),
  );
}

test('an address gets no mail before it is verified, and a token of somebody else does not verify it', async () => {
  const user = await subscribe(publisher, { channel: 'email', email: 'unverified@example.org' });
  const other = await subscribe(publisher, { channel: 'email', email: 'other@example.org' });
  await send(user, {});
  await waitFor(async () => (await user.deliveries())[0]?.state === 'suppressed');
  assert.equal((await user.deliveries())[0].reason, 'unverified');
  const token = /\n\n(\S{40,})\n\n/.exec((await mails('other@example.org', 1))[0]?.mail.text ?? '')?.[1];
  assert.ok(token);
  const answer = await publisher.call('POST', `/api/v1/endpoints/${user.endpoint.id}/verify`, {
    claims: user.claims,
    body: { token },
  });
  assert.equal(answer.body.code, 'PM_PUBLISHER_VERIFICATION_INVALID');
  assert.equal(other.endpoint.state, 'unverified');
  assert.equal(mailbox.to('unverified@example.org').length, 1, 'only the mail that verifies');
});

test('a document comes as a mail with text and HTML, escaped, from one message id', async () => {
  const user = await verified('reader@example.org');
  const delivered = publisher.published(PublishingDelivered);
  await send(user, { title: 'Cells <b>&\r\nBcc: thief@example.org', summary: 'A summary with "quotes"' });
  const mail = (await mails('reader@example.org', 2))[1]?.mail;
  assert.equal(mail?.subject, 'Cells <b>& Bcc: thief@example.org');
  assert.equal(mail?.bcc, undefined);
  assert.deepEqual([mail?.from?.name, mail?.from?.address], ['PeerMesh', 'news@peermesh.example']);
  assert.match(mail?.text ?? '', /A summary with "quotes"/);
  assert.match(String(mail?.html), /Cells &lt;b&gt;&amp;/);
  assert.equal(mail?.headers.find(({ key }) => key === 'auto-submitted')?.value, 'auto-generated');
  const [delivery] = await user.deliveries();
  assert.equal(mail?.messageId, `<${delivery.id}@peermesh.example>`);
  await waitFor(() => delivered.some(({ data }) => data.deliveryId === delivery.id && data.channel === 'email'));
});

test('opens, clicks and acknowledgements count once each and are summed up', async () => {
  const user = await verified('engaged@example.org');
  const engaged = publisher.published(PublishingEngaged);
  await send(user, { url: 'https://news.example/cells?a=1&b=2' });
  const mail = (await mails('engaged@example.org', 2))[1]?.mail;
  const pixel = linkIn(String(mail?.html), 'engagement/open');
  const link = linkIn(mail?.text, 'engagement/click');
  const picture = await publisher.call('GET', pixel, { token: null });
  assert.deepEqual([picture.status, picture.headers['content-type']], [200, 'image/gif']);
  await publisher.call('GET', pixel, { token: null });
  const click = await publisher.call('GET', link, { token: null });
  assert.deepEqual([click.status, click.headers['location']], [302, 'https://news.example/cells?a=1&b=2']);
  const [delivery] = await user.deliveries();
  const ack = { claims: user.claims, body: { kind: 'ack' } };
  assert.equal((await publisher.call('POST', `/api/v1/deliveries/${delivery.id}/engagement`, ack)).status, 204);
  const kinds = () => engaged.filter(({ data }) => data.deliveryId === delivery.id).map(({ data }) => data.kind);
  await waitFor(() => kinds().length >= 3);
  assert.deepEqual(kinds().sort(), ['ack', 'click', 'open']);
  const path = `/api/v1/engagement?groupBy=subscription&subscriptionId=${user.subscription.id}`;
  const { body } = await publisher.call('GET', path, { claims: user.claims });
  assert.deepEqual(body.groups, [
    { key: user.subscription.id, delivered: 1, failed: 0, open: 1, click: 1, ack: 1, dismiss: 0 },
  ]);
});

test('a link that was changed redirects nowhere', async () => {
  const user = await verified('forger@example.org');
  await send(user, {});
  const link = linkIn((await mails('forger@example.org', 2))[1]?.mail.text, 'engagement/click');
  const [payload, signature] = link.slice(link.lastIndexOf('/') + 1).split('.');
  const claim = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as { url: string };
  const forged = Buffer.from(JSON.stringify({ ...claim, url: 'https://evil.example' })).toString('base64url');
  for (const token of [`${forged}.${signature}`, `${payload}.${'A'.repeat(43)}`]) {
    const answer = await publisher.call('GET', `/api/v1/engagement/click/${token}`, { token: null });
    assert.equal(answer.status, 404);
  }
});

test('a server that is busy gets the same mail again under the same message id; a bounce disables the address', async () => {
  const user = await verified('greylisted@example.org');
  mailbox.refuse('greylisted@example.org', { at: 'data', codes: [451, 452] });
  await send(user, {});
  const [, first, second, third] = await mails('greylisted@example.org', 4);
  assert.equal(new Set([first, second, third].map((received) => received?.mail.messageId)).size, 1);
  await waitFor(async () => (await user.deliveries())[0].state === 'delivered');
  assert.equal((await user.deliveries())[0].attempts, 3);

  const failed = publisher.published(PublishingFailed);
  mailbox.refuse('greylisted@example.org', { at: 'recipient', codes: [550] });
  await send(user, {});
  await waitFor(() =>
    failed.some(({ data }) => data.subscriptionId === user.subscription.id && data.reason === 'gone'),
  );
  const shown = await publisher.call('GET', `/api/v1/endpoints/${user.endpoint.id}`, { claims: user.claims });
  assert.deepEqual([shown.body.state, shown.body.disabledReason], ['disabled', 'bounce_550']);
});

test('documents of a digest come as one mail when the window ends, each with links of its own', async () => {
  const user = await verified('digest@example.org');
  const put = (body: object) => publisher.call('PUT', '/api/v1/preferences', { claims: user.claims, body });
  assert.equal((await put({ emailDigest: 'hourly' })).status, 200);
  await send(user, { title: 'First' }, { title: 'Second' }, { title: 'Third' });
  await waitFor(async () => (await user.deliveries()).length === 3);
  for (const { state, nextAttemptAt } of await user.deliveries()) {
    assert.equal(state, 'scheduled');
    assert.ok(Date.parse(nextAttemptAt) % HOUR_MS < 60_000, `${nextAttemptAt} is just after a full hour`);
  }
  await makeDue(user);
  const received = await mails('digest@example.org', 2);
  assert.equal(received.length, 2, 'one mail for three documents');
  const { subject, text } = received[1]?.mail ?? {};
  assert.match(subject ?? '', /^3 new documents: /);
  for (const title of ['First', 'Second', 'Third']) assert.match(text ?? '', new RegExp(title));
  assert.equal(new Set(text?.match(/engagement\/click\/\S+/g)).size, 3);
  await waitFor(async () => (await user.deliveries()).every(({ state }) => state === 'delivered'));
});

test('quiet hours in the time zone of the owner hold a mail back until they end', async () => {
  const user = await verified('sleeper@example.org');
  const timeZone = 'Asia/Kolkata';
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const at = (offsetMs: number): string => clock.format(new Date(Date.now() + offsetMs));
  const quietHours = { start: at(-HOUR_MS), end: at(2 * HOUR_MS), timeZone };
  const put = (body: object) => publisher.call('PUT', '/api/v1/preferences', { claims: user.claims, body });
  assert.equal((await put({ quietHours })).status, 200);
  await send(user, {});
  await waitFor(async () => (await user.deliveries())[0]?.state === 'scheduled');
  const { nextAttemptAt } = (await user.deliveries())[0];
  assert.equal(clock.format(new Date(nextAttemptAt)), quietHours.end);
  await makeDue(user);
  await waitFor(async () => (await user.deliveries())[0].nextAttemptAt === nextAttemptAt, {
    message: 'it is looked at again and postponed again',
  });
  assert.equal(mailbox.to('sleeper@example.org').length, 1);
  await put({ quietHours: null });
  await makeDue(user);
  await mails('sleeper@example.org', 2);
  assert.equal((await put({ quietHours: { ...quietHours, timeZone: 'Mars/Base' } })).status, 422);
});

test('one click ends a subscription, as mail programs ask for it', async () => {
  const user = await verified('leaver@example.org');
  await send(user, {});
  const mail = (await mails('leaver@example.org', 2))[1];
  assert.match(mail?.raw ?? '', /^List-Unsubscribe-Post: List-Unsubscribe=One-Click/im);
  const path = linkIn(mail?.mail.text, 'subscriptions/unsubscribe');
  const page = await publisher.call('GET', path, { token: null });
  assert.deepEqual([page.status, String(page.headers['content-type'])], [200, 'text/html; charset=utf-8']);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const options = { token: null, headers: form, body: 'List-Unsubscribe=One-Click' };
  assert.equal((await publisher.call('POST', path, options)).status, 204);
  assert.equal((await publisher.call('POST', path, options)).status, 204, 'a second click does no harm');
  const gone = await publisher.call('GET', `/api/v1/subscriptions/${user.subscription.id}`, { claims: user.claims });
  assert.equal(gone.status, 404);
});

test('everything that failed in a time range is sent again by one job, at its rate, and only that of its owner', async () => {
  const user = await verified('again@example.org');
  const stranger = { sub: newId('user') };
  const from = new Date(Date.now() - 1_000).toISOString();
  mailbox.refuse('again@example.org', { at: 'data', codes: [554, 554, 554] });
  await send(user, {}, {}, {});
  await waitFor(async () => (await user.deliveries()).filter(({ state }) => state === 'failed').length === 3);
  const to = new Date(Date.now() + 1_000).toISOString();
  const make = (claims: object, body: object) =>
    publisher.call('POST', '/api/v1/publisher/redeliveries', { claims, body });
  assert.equal((await make(user.claims, { from: to, to: from })).status, 422);
  assert.equal((await make(stranger, { from, to })).body.total, 0);
  const job = await make(user.claims, { from, to, perSecond: 100 });
  assert.deepEqual([job.status, job.body.total], [202, 3]);
  await waitFor(async () => (await user.deliveries()).every(({ state }) => state === 'delivered'));
  const path = `/api/v1/publisher/redeliveries/${job.body.id}`;
  await waitFor(async () => (await publisher.call('GET', path, { claims: user.claims })).body.state === 'done');
  assert.equal((await publisher.call('GET', path, { claims: stranger })).status, 404);
  assert.equal(mailbox.to('again@example.org').length, 1 + 6);
});
