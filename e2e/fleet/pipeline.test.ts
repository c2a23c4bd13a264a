import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SubmitContent } from '@peermesh/contracts/ingest';
import { LEGS } from '@peermesh/contracts/search';
import { waitFor } from '@peermesh/testkit';
import { startTestFleet, type TestFleet } from '@peermesh/testkit/fleet';
import { type ApiClients, apiClients } from '../support/api-clients.ts';
import { startLoopbackServer } from '../support/loopback-server.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { openEventStream, openWebSocket } from '../support/realtime-clients.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const TOPIC = 'harbour';
const ADDRESS = 'reader@example.org';
const ARRIVES_WITHIN_MS = 60_000;

let fleet: TestFleet;
let api: ApiClients;
let mail: MailServer;
let receiver: WebhookReceiver;

before(async () => {
  [mail, receiver] = await Promise.all([startMailServer(), startWebhookReceiver()]);
  fleet = await startTestFleet({
    overrides: {
      publisher: { SMTP_URL: mail.url, EMAIL_FROM: 'PeerMesh <news@peermesh.example>' },
      ingest: { FETCH_TICK_MS: '100', HOST_DELAY_MS_MIN: '0' },
    },
  });
  api = apiClients(fleet.gatewayUrl, fleet.adminToken);
});
after(async () => {
  await fleet?.stop();
  await Promise.all([mail.stop(), receiver.stop()]);
});

/** Makes and verifies one endpoint per channel, and subscribes all of them to the topic. */
async function subscribeEveryChannel(): Promise<void> {
  const { body: webhook } = await api.publisher.createEndpoint({
    body: { channel: 'webhook', name: 'receiver', url: receiver.url },
  });
  receiver.trust(webhook.secret ?? '');
  const { body: email } = await api.publisher.createEndpoint({
    body: { channel: 'email', name: 'reader', email: ADDRESS },
  });
  assert.equal(email.state, 'unverified');
  const verification = await waitFor(() => mail.to(ADDRESS)[0], { timeoutMs: ARRIVES_WITHIN_MS, message: 'a mail' });
  const token = /\n\n(\S{40,})\n\n/.exec(verification.text ?? '')?.[1] ?? '';
  const { body: verified } = await api.publisher.verifyEndpoint({ params: { id: email.id }, body: { token } });
  assert.equal(verified.state, 'active');
  const { body: realtime } = await api.publisher.createEndpoint({ body: { channel: 'realtime', name: 'screen' } });
  await api.publisher.createSubscription({
    body: { name: TOPIC, filter: { topics: [TOPIC] }, endpointIds: [webhook.id, email.id, realtime.id] },
  });
}

const ITEMS: Readonly<Record<string, SubmitContent>> = {
  text: { format: 'text', title: 'Cranes', body: 'The Port of Hamburg ordered electric cranes from Liebherr.' },
  markdown: { format: 'markdown', body: '# Pilots\n\nHarbour pilots in *Rotterdam* train with Damen Shipyards.' },
  html: {
    format: 'html',
    body: '<html><head><title>Shore power</title></head><body><article><p>Siemens connects shore power in Kiel.</p></article></body></html>',
  },
  json: { format: 'json', title: 'Tides', body: { station: 'Cuxhaven', note: 'Spring tide closes the harbour gate.' } },
  'first of a batch': { format: 'text', title: 'Dredging', body: 'Boskalis deepens the fairway of the Elbe.' },
  'second of a batch': { format: 'markdown', body: '# Pilotage\n\nAntwerp dredges with Jan De Nul.' },
};

test('every format reaches the index and every channel of a subscriber, and is found again', async (t) => {
  await subscribeEveryChannel();
  const token = await fleet.adminToken();
  const socket = await openWebSocket(fleet.gatewayUrl, token, 'documents,notifications');
  const stream = await openEventStream(fleet.gatewayUrl, token, 'documents,notifications');
  t.after(() => [socket, stream].map((connection) => connection.close()));

  const accepted = new Map<string, string>();
  const batch: SubmitContent[] = [];
  for (const [name, item] of Object.entries(ITEMS)) {
    const body = { ...item, topics: [TOPIC] };
    if (name.includes('batch')) batch.push(body);
    else {
      const answer = await api.ingest.submitContent({ body });
      assert.equal(answer.status, 202, name);
      accepted.set(answer.body.documentId, name);
    }
  }
  const { body: receipts } = await api.ingest.submitContentBatch({ body: { items: batch } });
  for (const { documentId } of receipts.items) accepted.set(documentId ?? '', 'batch');
  assert.equal(accepted.size, Object.keys(ITEMS).length);

  const hasAll = (found: readonly unknown[]): boolean => [...accepted.keys()].every((id) => found.includes(id));
  const until = (message: string, condition: () => boolean) =>
    waitFor(condition, { timeoutMs: ARRIVES_WITHIN_MS, message });
  await until('webhooks', () => hasAll([...receiver.messages.values()].map(({ data }) => data.document?.id)));
  assert.deepEqual(receiver.refused, []);
  assert.equal(receiver.messages.size, accepted.size);
  for (const [name, { events }] of Object.entries({ socket, stream })) {
    const documentsOf = (topic: string): unknown[] =>
      events
        .filter((event) => event.topic === topic)
        .map(({ data }) => data['documentId'] ?? documentOfNotification(data));
    await until(`indexed documents over ${name}`, () => hasAll(documentsOf('documents')));
    await until(`notifications over ${name}`, () => hasAll(documentsOf('notifications')));
  }
  const titles = [...receiver.messages.values()].map(({ data }) => data.document?.title);
  await until('mails', () => mail.to(ADDRESS).length > accepted.size);
  const subjects = mail.to(ADDRESS).map(({ subject }) => subject);
  for (const title of titles) assert.ok(subjects.includes(title), title);
  for (const title of ['Cranes', 'Pilots', 'Shore power', 'Tides']) assert.ok(titles.includes(title), title);
});

function documentOfNotification(data: Readonly<Record<string, unknown>>): unknown {
  return (data['payload'] as { data: { document?: { id: string } } } | undefined)?.data.document?.id;
}

test('a fused query asks all four legs, and says what each contributed', async () => {
  const { body: entities } = await api.search.listEntities({ query: { limit: 200 } });
  const seed = entities.items.find(({ name }) => /Hamburg/.test(name)) ?? entities.items[0];
  assert.ok(seed);
  const { body } = await api.search.search({
    body: {
      query: 'electric cranes harbour',
      mode: 'hybrid',
      graph: { seeds: [seed.id] },
      sources: Object.fromEntries(LEGS.map((leg) => [leg, { enabled: true, weight: 0.5, deadlineMs: 5_000 }])),
      deadlineMs: 5_000,
    },
  });
  assert.equal(body.degraded, false);
  assert.deepEqual(
    LEGS.map((leg) => [leg, body.sources[leg].status]),
    LEGS.map((leg) => [leg, 'ok']),
  );
  assert.equal(body.results[0]?.title, 'Cranes');
  const legsOfFirst = body.results[0].sources.map(({ source }) => source);
  for (const leg of ['keyword', 'vector', 'graph'] as const) assert.ok(legsOfFirst.includes(leg), leg);
});

test('a feed is polled, and a second poll takes in only what is new', async (t) => {
  const titles = ['Locks', 'Quays'];
  let conditional = 0;
  const server = await startLoopbackServer((request, response) => {
    if (request.url !== '/feed.xml') return response.writeHead(404).end();
    const etag = `"${titles.length}"`;
    if (request.headers['if-none-match'] === etag) {
      conditional += 1;
      return response.writeHead(304).end();
    }
    const items = titles.map(
      (title) =>
        `<item><guid>${title}</guid><title>${title}</title><link>http://127.0.0.1/${title}</link><description>${title} of the harbour are renewed by Bauer in Bremen.</description></item>`,
    );
    response.writeHead(200, { 'content-type': 'application/rss+xml', etag });
    return response.end(
      `<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour</title><link>http://127.0.0.1/</link><description>d</description>${items.join('')}</channel></rss>`,
    );
  });
  t.after(() => server.stop());
  const { body } = await api.ingest.createSource({
    body: { name: 'harbour feed', kind: 'feed', url: `${server.url}/feed.xml`, topics: [TOPIC], minIntervalSeconds: 0 },
  });
  const { id: sourceId } = body.source;
  const arrived = (title: string): boolean =>
    [...receiver.messages.values()].some(({ data }) => data.document?.title === title);
  await waitFor(() => titles.every(arrived), { timeoutMs: ARRIVES_WITHIN_MS, message: 'the items of the feed' });

  await api.ingest.fetchSource({ params: { sourceId } });
  await waitFor(() => conditional > 0, { timeoutMs: ARRIVES_WITHIN_MS, message: 'a conditional request' });
  titles.push('Sluices');
  await waitFor(
    async () => (await api.ingest.getSource({ params: { sourceId } })).body.lastOutcome === 'not_modified',
    { timeoutMs: ARRIVES_WITHIN_MS },
  );
  await api.ingest.fetchSource({ params: { sourceId } });
  await waitFor(() => arrived('Sluices'), { timeoutMs: ARRIVES_WITHIN_MS, message: 'the new item' });
  const { body: content } = await api.ingest.listContent({ query: { sourceId } });
  assert.equal(content.total, 3);
});
