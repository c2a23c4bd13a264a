import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RouteDefinition } from '@peermesh/contracts';
import { issueTestToken, waitFor } from '@peermesh/testkit';
import { startTestFleet, type TestFleet } from '@peermesh/testkit/fleet';
import { apiClients } from '../support/api-clients.ts';
import { type BadRequest, badBodies, badParams, badQueries, wellFormed } from '../support/bad-requests.ts';
import { badTokens, startWidenedKeySet } from '../support/bad-tokens.ts';
import { everyRoute } from '../support/every-route.ts';
import type { LoopbackServer } from '../support/loopback-server.ts';
import { plainRequest } from '../support/plain-http.ts';
import { sendBytes } from '../support/raw-http.ts';
import { flawOf, wrongAnswers } from '../support/refusals.ts';
import { joinTenant } from '../support/tenants.ts';

let fleet: TestFleet;
let keys: LoopbackServer;
let token: string;

before(async () => {
  keys = await startWidenedKeySet(() => fleet.serviceUrl('auth'));
  const JWKS_URL = keys.url;
  fleet = await startTestFleet({
    overrides: {
      gateway: { JWKS_URL, HEADERS_TIMEOUT_MS: '1500', REQUEST_TIMEOUT_MS: '3000' },
      ingest: { JWKS_URL },
      search: { JWKS_URL },
      publisher: { JWKS_URL },
      router: { JWKS_URL },
    },
  });
  token = await fleet.adminToken();
});
after(async () => {
  await fleet?.stop();
  await keys.stop();
});

const categories: Readonly<Record<string, (route: RouteDefinition) => BadRequest[]>> = {
  'bodies that do not fit': badBodies,
  'ids of the wrong shape': badParams,
  'queries that do not fit': badQueries,
};

for (const [name, make] of Object.entries(categories)) {
  test(`${name} are refused with a problem of the catalogue, on every operation`, async (t) => {
    const requests = everyRoute.flatMap((route) => make(route).map((bad) => ({ route, bad })));
    t.diagnostic(`${requests.length} requests to ${everyRoute.length} operations`);
    assert.deepEqual(await wrongAnswers(fleet.gatewayUrl, token, requests), []);
  });
}

test('pages beyond the end are empty, on every list', async () => {
  const lists = everyRoute.filter((route) => {
    const query = route.query as { properties?: Record<string, unknown> } | undefined;
    return route.method === 'GET' && route.params === undefined && query?.properties?.['page'] !== undefined;
  });
  assert.ok(lists.length > 12);
  for (const route of lists) {
    const answer = await plainRequest(`${fleet.gatewayUrl}${route.path}?page=10000`, { token });
    assert.equal(answer.status, 200, `${route.id} ${answer.text}`);
    assert.deepEqual((JSON.parse(answer.text) as { items: unknown[] }).items, [], route.id);
  }
});

test('bodies beyond the limit are refused before they have been sent, on every operation', async () => {
  const answers = await Promise.all(
    everyRoute
      .filter(({ body, consumes }) => body !== undefined || consumes !== undefined)
      .map(async (route) => {
        const head = [
          `${route.method} ${wellFormed(route).path} HTTP/1.1`,
          'host: fleet',
          `authorization: Bearer ${token}`,
          'content-type: application/json',
          'content-length: 999999999',
        ];
        const { status, text } = await sendBytes(fleet.gatewayUrl, `${head.join('\r\n')}\r\n\r\n{`, 30_000);
        return status === 413 && text.includes('PM_COMMON_PAYLOAD_TOO_LARGE')
          ? []
          : `${route.id}: ${text.slice(0, 300)}`;
      }),
  );
  assert.deepEqual(answers.flat(), []);
});

test('tokens that are missing, forged, expired, revoked or for others open no operation', async (t) => {
  const guarded = everyRoute.filter(({ policy }) => policy.access === 'authenticated');
  const tokens = await badTokens(token);
  const leaver = await joinTenant(fleet, 'default', 'admin');
  assert.equal((await leaver.api.auth.getMe()).status, 200);
  await leaver.api.auth.revokeSession({ params: { sessionId: leaver.sessionId } });
  const isRefused = async (): Promise<boolean> =>
    (await plainRequest(`${fleet.gatewayUrl}/api/v1/content`, { token: leaver.token })).status === 401;
  await waitFor(isRefused, { timeoutMs: 5_000, message: 'the revocation is effective at once' });
  tokens['revoked'] = leaver.token;
  t.diagnostic(`${Object.keys(tokens).length} tokens, ${guarded.length} operations`);
  for (const [name, bad] of Object.entries(tokens)) {
    const requests = guarded.map((route) => {
      const { path, body } = wellFormed(route);
      const headers = { accept: 'text/event-stream, application/json' };
      const request = { method: route.method, headers, ...(route.body === undefined ? {} : { body }) };
      return { route, bad: { name, path, request, statuses: [401] } };
    });
    assert.deepEqual(await wrongAnswers(fleet.gatewayUrl, bad, requests), [], name);
  }
  const genuine = await issueTestToken({ sub: leaver.userId });
  const control = await plainRequest(`${fleet.gatewayUrl}/api/v1/content`, { token: genuine });
  assert.equal(control.status, 200, 'the key that signed the expired ones is known');
});

test('an idempotency key is refused with another body, replayed with the same, and must be well-formed', async () => {
  const body = { format: 'text', title: 'Once', body: 'A text that is taken in once.' };
  const send = (key: string, sent: object) =>
    plainRequest(`${fleet.gatewayUrl}/api/v1/content`, {
      method: 'POST',
      token,
      body: sent,
      headers: { 'idempotency-key': key },
    });
  const first = await send('"once"', body);
  assert.equal(first.status, 202, first.text);
  const again = await send('"once"', body);
  assert.deepEqual([again.status, again.text, again.headers.get('idempotency-replayed')], [202, first.text, 'true']);
  assert.equal(flawOf(await send('"once"', { ...body, title: 'Twice' }), [422]), null);
  const keyed = everyRoute.filter(({ method, idempotency }) => method !== 'GET' && idempotency !== 'none');
  assert.ok(keyed.length > 40);
  const requests = keyed.flatMap((route) =>
    ['unquoted key', '""', `"${'k'.repeat(256)}"`, '"a";;', '(1 2)'].map((key) => {
      const { path, body: sent } = wellFormed(route);
      const request = {
        method: route.method,
        headers: { 'idempotency-key': key },
        ...(route.body === undefined ? {} : { body: sent }),
      };
      return { route, bad: { name: key.slice(0, 12), path, request, statuses: [400] } };
    }),
  );
  assert.deepEqual(await wrongAnswers(fleet.gatewayUrl, token, requests), []);
});

test('a change of another version than the current one is a conflict, on everything that has versions', async () => {
  const api = apiClients(fleet.gatewayUrl, token);
  const { body: document } = await api.search.createDocument({ body: { title: 'One', text: 'A text of its own.' } });
  const { body: entity } = await api.search.createEntity({ body: { name: 'Elbe', type: 'location' } });
  const { body: other } = await api.search.createEntity({ body: { name: 'Hamburg', type: 'location' } });
  const { body: relationship } = await api.search.createRelationship({
    body: { from: other.id, to: entity.id, type: 'LOCATED_AT' },
  });
  const { body: created } = await api.ingest.createSource({ body: { name: 'pushed', kind: 'push' } });
  const { body: endpoint } = await api.publisher.createEndpoint({ body: { channel: 'realtime', name: 'screen' } });
  const { body: subscription } = await api.publisher.createSubscription({
    body: { name: 'all', filter: {}, endpointIds: [endpoint.id] },
  });
  const { body: me } = await api.auth.getMe();
  const changes: Readonly<Record<string, object>> = {
    [`documents/${document.id}`]: { title: 'Two' },
    [`entities/${entity.id}`]: { description: 'a river' },
    [`relationships/${relationship.id}`]: { confidence: 0.5 },
    [`sources/${created.source.id}`]: { name: 'renamed' },
    [`endpoints/${endpoint.id}`]: { name: 'renamed' },
    [`subscriptions/${subscription.id}`]: { name: 'renamed' },
    [`users/${me.id}`]: { displayName: 'Renamed' },
    'users/me': { displayName: 'Renamed' },
  };
  for (const [path, change] of Object.entries(changes)) {
    const patch = (version: number) =>
      plainRequest(`${fleet.gatewayUrl}/api/v1/${path}`, { method: 'PATCH', token, body: { ...change, version } });
    assert.equal(flawOf(await patch(99), [409]), null, path);
    const current = path.startsWith('users') ? (await api.auth.getMe()).body.version : 1;
    assert.equal((await patch(current)).status, 200, path);
    assert.equal(flawOf(await patch(current), [409]), null, `${path}, the version before`);
  }
});

test('clients that never finish are cut off with 408, and others are answered meanwhile', async () => {
  const endless = [
    'GET /api/v1/content HTTP/1.1\r\nhost: fleet\r\nx-slow: ',
    `POST /api/v1/content HTTP/1.1\r\nhost: fleet\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    `POST /api/v1/content HTTP/1.1\r\nhost: fleet\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{`,
  ];
  const slow = endless.flatMap((bytes) => Array.from({ length: 30 }, () => sendBytes(fleet.gatewayUrl, bytes, 60_000)));
  const other = plainRequest(`${fleet.gatewayUrl}/api/v1/content`, { token });
  const first = await Promise.race([other.then(({ status }) => status), Promise.all(slow).then(() => 'cut off')]);
  assert.equal(first, 200);
  for (const { status, text } of await Promise.all(slow)) {
    assert.equal(status, 408, text.slice(0, 300));
    assert.match(text, /PM_COMMON_REQUEST_TIMEOUT/);
  }
});

test('what is not HTTP, and HTTP that means two things at once, is refused with a problem', async () => {
  const requests = [
    'hello\r\n\r\n',
    'GET /api/v1/content HTTP/1.1\r\n\r\n',
    'POST /api/v1/content HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /api/v1/content HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd',
    `GET /api/v1/content HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`,
  ];
  for (const bytes of requests) {
    const { status, text } = await sendBytes(fleet.gatewayUrl, bytes, 30_000);
    assert.ok([400, 431].includes(status), `${bytes.slice(0, 60)}: ${text}`);
    assert.match(text, /application\/problem\+json/);
  }
});
