import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type EventData, newId } from '@peermesh/contracts';
import { DocumentIndexed, EntityChanged, RealtimeNotified, SessionRevoked } from '@peermesh/contracts/events';
import { issueTestToken, waitFor } from '@peermesh/testkit';
import { type GatewayWorld, startWorld, type TestGateway } from '../support/gateway.ts';
import { type EventPublisher, startPublisher } from '../support/publisher.ts';
import { connectRealtime, openEventStream, upgradeStatus } from '../support/realtime-client.ts';

let world: GatewayWorld;
let gateway: TestGateway;
let publisher: EventPublisher;

before(async () => {
  world = await startWorld();
  publisher = await startPublisher();
  gateway = await world.startGateway(null, { natsUrl: publisher.natsUrl });
});
after(async () => {
  await gateway.stop();
  await publisher.stop();
  await world.stop();
});

const userId = newId('user');
const tokenOf = (sub = userId, extra: Parameters<typeof issueTestToken>[0] = {}) => issueTestToken({ sub, ...extra });

function document(acl: string[] = ['tenant']): EventData<typeof DocumentIndexed> {
  return { documentId: newId('document'), version: 1, contentId: null, sequence: 1, deleted: false, acl };
}

function notification(to = userId): EventData<typeof RealtimeNotified> {
  return {
    deliveryId: newId('delivery'),
    notificationId: newId('notification'),
    subscriptionId: newId('subscription'),
    userId: to,
    topic: 'notifications',
    payload: { title: 'hello' },
  };
}

const entity = (): EventData<typeof EntityChanged> => ({
  entityId: newId('entity'),
  version: 1,
  change: 'created',
  name: 'Ada',
  type: 'person',
});

test('a subscriber gets what it asked for, and nothing of others', async (t) => {
  const mine = await connectRealtime(t, gateway, { token: await tokenOf(), topics: 'documents,notifications' });
  const other = await connectRealtime(t, gateway, {
    token: await tokenOf(newId('user')),
    topics: 'documents,notifications,entities',
  });
  const stranger = await connectRealtime(t, gateway, {
    token: await tokenOf(newId('user'), { tenant: 'elsewhere' }),
    topics: 'documents,entities',
  });
  const ids = {
    open: await publisher.publish(DocumentIndexed, document()),
    secret: await publisher.publish(DocumentIndexed, document([`user:${userId}`])),
    moderators: await publisher.publish(DocumentIndexed, document(['role:moderator'])),
    unstated: await publisher.publish(DocumentIndexed, { ...document(), acl: undefined } as never),
    note: await publisher.publish(RealtimeNotified, notification()),
    entity: await publisher.publish(EntityChanged, entity()),
  };
  await mine.until(3);
  await other.until(2);
  assert.deepEqual(mine.eventIds(), new Set([ids.open, ids.secret, ids.note]));
  assert.deepEqual(other.eventIds(), new Set([ids.open, ids.entity]));
  assert.deepEqual(stranger.eventIds(), new Set());
});

test('subscribe and unsubscribe while connected; bad messages are answered, not fatal', async (t) => {
  const client = await connectRealtime(t, gateway, { token: await tokenOf() });
  for (const bad of [
    'nonsense',
    '{}',
    '{"type":"subscribe","topics":["weather"]}',
    '{"type":"subscribe","topics":["documents"],"after":"x"}',
  ]) {
    client.send(bad);
  }
  await waitFor(() => client.messages.filter(({ type }) => type === 'error').length === 4);
  client.send({ type: 'subscribe', topics: ['documents'] });
  await client.message('subscribed');
  const first = await publisher.publish(DocumentIndexed, document());
  await client.until(1);
  client.send({ type: 'unsubscribe', topics: ['documents'] });
  await waitFor(() => client.messages.filter(({ type }) => type === 'subscribed').length === 2);
  await publisher.publish(DocumentIndexed, document());
  client.send({ type: 'ping' });
  await client.message('pong');
  assert.deepEqual(client.eventIds(), new Set([first]));
});

test('a client that talks too much is closed', async (t) => {
  const client = await connectRealtime(t, gateway, { token: await tokenOf() });
  for (let index = 0; index < 60; index++) client.send({ type: 'ping' });
  assert.equal(await client.closed, 1008);
  const large = await connectRealtime(t, gateway, { token: await tokenOf() });
  large.send('x'.repeat(10_000));
  assert.equal(await large.closed, 1009);
});

test('nothing is lost or doubled over reconnects inside the window', async (t) => {
  const token = await tokenOf();
  const sent: string[] = [];
  const got: string[] = [];
  let after: string | undefined;
  for (let round = 0; round < 5; round++) {
    const client = await connectRealtime(t, gateway, { token, topics: 'documents,notifications', resume: after });
    for (let index = 0; index < 3; index++) {
      sent.push(await publisher.publish(DocumentIndexed, document()));
      sent.push(await publisher.publish(RealtimeNotified, notification()));
    }
    await client.until(round === 0 ? 6 : 9);
    got.push(...client.events().map(({ event }) => event.id));
    after = client.lastId();
    client.drop();
    await client.closed;
    sent.push(
      await publisher.publish(DocumentIndexed, document()),
      await publisher.publish(RealtimeNotified, notification()),
      await publisher.publish(DocumentIndexed, document()),
    );
  }
  const last = await connectRealtime(t, gateway, { token, topics: 'documents,notifications', resume: after });
  await last.until(3);
  got.push(...last.events().map(({ event }) => event.id));
  assert.deepEqual(got.length, sent.length);
  assert.deepEqual(new Set(got), new Set(sent));
  assert.equal(
    last.messages.some(({ type }) => type === 'resync'),
    false,
  );
});

test('another replica continues where the first one stopped, also from the stream itself', async (t) => {
  const token = await tokenOf();
  const first = await connectRealtime(t, gateway, { token, topics: 'documents' });
  await publisher.publish(DocumentIndexed, document());
  await first.until(1);
  const after = first.lastId();
  const missed = [];
  for (let index = 0; index < 30; index++) missed.push(await publisher.publish(DocumentIndexed, document()));
  const fresh = await world.startGateway(t, { natsUrl: publisher.natsUrl });
  const second = await connectRealtime(t, fresh, { token, topics: 'documents', resume: after });
  await second.until(30);
  assert.deepEqual(
    second.events().map(({ event }) => event.id),
    missed,
  );
  const live = await publisher.publish(DocumentIndexed, document());
  await second.until(31);
  assert.equal(second.events().at(-1)?.event.id, live);
});

test('outside the window the client is told to read its state anew', async (t) => {
  const token = await tokenOf();
  const limited = await world.startGateway(t, { natsUrl: publisher.natsUrl, env: { REALTIME_REPLAY_MAX: '0' } });
  const expired = await connectRealtime(t, limited, { token, topics: 'documents', resume: 'p0.s0' });
  assert.equal((await expired.message('resync'))['reason'], 'expired');
  const unknown = await connectRealtime(t, gateway, { token, topics: 'documents', resume: 'p999999.s999999' });
  assert.equal((await unknown.message('resync'))['reason'], 'unknown');
  const live = await publisher.publish(DocumentIndexed, document());
  await Promise.all([expired.until(1), unknown.until(1)]);
  assert.deepEqual(expired.eventIds(), new Set([live]));
  assert.deepEqual(unknown.eventIds(), new Set([live]));
});

test('events go by Server-Sent Events too, and resume by Last-Event-ID', async (t) => {
  const token = await tokenOf();
  const headers = { authorization: `Bearer ${token}` };
  const stream = await openEventStream(t, `${gateway.url}/api/v1/realtime?topics=documents`, headers);
  const first = await publisher.publish(DocumentIndexed, document());
  await stream.until(1);
  assert.equal(stream.events[0]!.event, 'documents');
  assert.equal((JSON.parse(stream.events[0]!.data) as { id: string }).id, first);
  stream.close();
  const missed = await publisher.publish(DocumentIndexed, document());
  const again = await openEventStream(t, `${gateway.url}/api/v1/realtime?topics=documents`, {
    ...headers,
    'last-event-id': stream.lastId,
  });
  await again.until(1);
  assert.equal((JSON.parse(again.events[0]!.data) as { id: string }).id, missed);
  const expired = await openEventStream(t, `${gateway.url}/api/v1/realtime?topics=documents`, {
    ...headers,
    'last-event-id': 'p999999.s9999999',
  });
  await waitFor(() => expired.events.some(({ event }) => event === 'resync'));
});

test('a ticket opens one connection, once', async (t) => {
  const answer = await fetch(`${gateway.url}/api/v1/realtime/tickets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await tokenOf()}` },
  });
  assert.equal(answer.status, 201);
  const { ticket } = (await answer.json()) as { ticket: string };
  const client = await connectRealtime(t, gateway, { ticket, topics: 'notifications' });
  const id = await publisher.publish(RealtimeNotified, notification());
  await client.until(1);
  assert.deepEqual(client.eventIds(), new Set([id]));
  assert.equal(await upgradeStatus(gateway, `?ticket=${ticket}`), 401);
  assert.equal(await upgradeStatus(gateway, '?ticket=rtt_x'), 401);
});

test('who may not connect gets a problem instead of an upgrade', async () => {
  const authorization = `Bearer ${await tokenOf()}`;
  assert.equal(await upgradeStatus(gateway, ''), 401);
  assert.equal(await upgradeStatus(gateway, '', { authorization: 'Bearer x' }), 401);
  assert.equal(await upgradeStatus(gateway, `?access_token=${authorization.slice(7)}`), 400);
  assert.equal(await upgradeStatus(gateway, '?topics=weather', { authorization }), 400);
  assert.equal(await upgradeStatus(gateway, '?resume=garbage', { authorization }), 400);
  assert.equal(
    await upgradeStatus(gateway, '', { authorization: `Bearer ${await tokenOf(userId, { scope: 'documents:read' })}` }),
    403,
  );
  const plain = await fetch(`${gateway.url}/api/v1/realtime`, { headers: { authorization } });
  assert.equal(plain.status, 426);
  assert.equal(
    (await fetch(`${gateway.url}/api/v1/realtime`, { headers: { accept: 'text/event-stream' } })).status,
    401,
  );
});

test('connections per user are limited', async (t) => {
  const own = await world.startGateway(t, {
    natsUrl: publisher.natsUrl,
    env: { REALTIME_CONNECTIONS_PER_USER_MAX: '2' },
  });
  const token = await tokenOf();
  const one = await connectRealtime(t, own, { token });
  await connectRealtime(t, own, { token });
  assert.equal(await upgradeStatus(own, '', { authorization: `Bearer ${token}` }), 429);
  one.drop();
  await one.closed;
  await waitFor(async () => (await upgradeStatus(own, '', { authorization: `Bearer ${token}` })) === 101);
});

test('an expired or revoked credential closes its connections', async (t) => {
  const expiring = await connectRealtime(t, gateway, {
    token: await tokenOf(userId, { expiresInSeconds: 4 }),
    topics: 'documents',
  });
  const sid = newId('session');
  const token = await tokenOf(userId, { sid });
  const revoked = await connectRealtime(t, gateway, { token, topics: 'documents' });
  await publisher.publish(SessionRevoked, {
    kind: 'session',
    id: sid,
    userId,
    reason: 'test',
    revokedAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 900_000).toISOString(),
  });
  assert.equal(await revoked.closed, 4401);
  assert.equal(
    (await fetch(`${gateway.url}/api/v1/search`, { headers: { authorization: `Bearer ${token}` } })).status,
    401,
  );
  assert.equal(await expiring.closed, 4401);
});

test('a client that does not read is dropped, and the others do not notice', async (t) => {
  const own = await world.startGateway(t, {
    natsUrl: publisher.natsUrl,
    env: { REALTIME_BUFFER_BYTES_SOFT: '65536', REALTIME_BUFFER_BYTES_HARD: '262144', REALTIME_BEHIND_MAX_MS: '1500' },
  });
  const slow = await connectRealtime(t, own, { token: await tokenOf(), topics: 'notifications' });
  const quick = await connectRealtime(t, own, { token: await tokenOf(), topics: 'notifications' });
  slow.stopReading();
  const big = 'x'.repeat(200_000);
  for (let index = 0; index < 60; index++) {
    await publisher.publish(RealtimeNotified, { ...notification(), payload: { big } });
  }
  await quick.until(60);
  await waitFor(async () => /gateway_realtime_dropped_total\{reason="slow"[^}]*\} 1/.test(await own.metrics()));
});

test('a client that pauses catches up without loss', async (t) => {
  const own = await world.startGateway(t, { natsUrl: publisher.natsUrl, env: { REALTIME_BUFFER_BYTES_SOFT: '4096' } });
  const client = await connectRealtime(t, own, { token: await tokenOf(), topics: 'notifications' });
  client.stopReading();
  const sent: string[] = [];
  for (let index = 0; index < 100; index++) {
    sent.push(await publisher.publish(RealtimeNotified, { ...notification(), payload: { big: 'x'.repeat(50_000) } }));
  }
  await waitFor(async () => /gateway_realtime_behind_total\{[^}]*\} [1-9]/.test(await own.metrics()));
  client.startReading();
  await client.until(100);
  assert.deepEqual(
    client.events().map(({ event }) => event.id),
    sent,
  );
});

test('heartbeats move the resume token, and a silent client is dropped', async (t) => {
  const own = await world.startGateway(t, { natsUrl: publisher.natsUrl, env: { REALTIME_HEARTBEAT_MS: '200' } });
  const client = await connectRealtime(t, own, { token: await tokenOf(), topics: 'notifications' });
  await publisher.publish(DocumentIndexed, document());
  const before = (await client.message('welcome'))['id'];
  await waitFor(() => client.messages.some(({ type, id }) => type === 'heartbeat' && id !== before));
  const silent = await connectRealtime(t, own, { token: await tokenOf(), autoPong: false });
  assert.equal(await silent.closed, 1006);
});

test('the tail survives a restart of NATS', async (t) => {
  const client = await connectRealtime(t, gateway, { token: await tokenOf(), topics: 'documents' });
  await publisher.restartNats();
  const id = await publisher.publish(DocumentIndexed, document());
  await client.until(1);
  assert.deepEqual(client.eventIds(), new Set([id]));
});

test('a shutdown says goodbye, with a moment to come back', async (t) => {
  const own = await world.startGateway(t, { natsUrl: publisher.natsUrl });
  const client = await connectRealtime(t, own, { token: await tokenOf() });
  const stream = await openEventStream(t, `${own.url}/api/v1/realtime`, { authorization: `Bearer ${await tokenOf()}` });
  const stopping = own.stop();
  const goodbye = await client.message('goodbye');
  assert.ok((goodbye['reconnectAfterMs'] as number) < 5000);
  assert.equal(await client.closed, 1012);
  await waitFor(() => stream.events.some(({ event }) => event === 'goodbye'));
  await stopping;
});
