import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { issueTestToken } from '@peermesh/testkit';
import { type GatewayWorld, startWorld, type TestGateway } from '../support/gateway.ts';
import { sendRaw } from '../support/raw-http.ts';

let world: GatewayWorld;
let gateway: TestGateway;
let token: string;

before(async () => {
  world = await startWorld();
  gateway = await world.startGateway(null);
  token = await issueTestToken();
});
after(async () => {
  await gateway.stop();
  await world.stop();
});

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

async function codeOf(answer: Response): Promise<string> {
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  const problem = (await answer.json()) as { code: string; status: number; requestId: string };
  assert.equal(problem.status, answer.status);
  assert.equal(problem.requestId, answer.headers.get('x-request-id'));
  return problem.code;
}

const claims = {
  sub: 'usr_1',
  role: 'admin',
  tenant: 'default',
  iss: 'peermesh-auth',
  aud: 'peermesh',
  iat: 1,
  exp: 9e9,
  jti: 'x',
};
const forged: [string, () => Promise<string | undefined>][] = [
  ['no credential', async () => undefined],
  ['another scheme', async () => 'Basic dXNlcjpwYXNz'],
  ['an empty bearer', async () => 'Bearer '],
  ['no token at all', async () => 'Bearer abc'],
  ['an expired token', async () => `Bearer ${await issueTestToken({ expiresInSeconds: -60 })}`],
  ['another audience', async () => `Bearer ${await issueTestToken({ aud: 'elsewhere' })}`],
  ['another issuer', async () => `Bearer ${await issueTestToken({ iss: 'elsewhere' })}`],
  ['alg none', async () => `Bearer ${base64({ alg: 'none', typ: 'JWT' })}.${base64(claims)}.`],
  [
    'alg HS256 with the public key',
    async () => `Bearer ${base64({ alg: 'HS256', typ: 'JWT' })}.${base64(claims)}.${base64('x')}`,
  ],
  [
    'a changed payload',
    async () => {
      const [head, , signature] = (await issueTestToken()).split('.');
      return `Bearer ${head}.${base64(claims)}.${signature}`;
    },
  ],
  ['a cut signature', async () => `Bearer ${(await issueTestToken()).slice(0, -8)}`],
  ['a token of 20 KB', async () => `Bearer ${'a'.repeat(12_000)}`],
  ['a key of no known form', async () => 'Bearer pm_'],
];
for (const [name, header] of forged) {
  test(`401 for ${name}, and the service is not asked`, async () => {
    const seen = world.upstream.seen.length;
    const authorization = await header();
    const answer = await fetch(`${gateway.url}/api/v1/search`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
    assert.equal(await codeOf(answer), 'PM_COMMON_UNAUTHENTICATED');
    assert.equal(world.upstream.seen.length, seen);
  });
}

test('404 and 405 as problems, with Allow', async () => {
  assert.equal(await codeOf(await fetch(`${gateway.url}/nowhere`)), 'PM_COMMON_ROUTE_NOT_FOUND');
  const answer = await fetch(`${gateway.url}/api/v1/auth/login`, { method: 'DELETE' });
  assert.equal(answer.status, 401, 'the wider route takes it');
  const jwks = await fetch(`${gateway.url}/api/v1/.well-known/jwks.json`, { method: 'DELETE' });
  assert.equal(jwks.status, 405);
  assert.equal(jwks.headers.get('allow'), 'GET, HEAD');
  assert.equal((await fetch(`${gateway.url}/api/v1/gateway/nothing`)).status, 404);
});

test('413 before a byte is forwarded when the length is declared, and while streaming when it is not', async () => {
  const headers = { authorization: `Bearer ${token}` };
  const declared = await fetch(`${gateway.url}/api/v1/search`, {
    method: 'POST',
    headers,
    body: Buffer.alloc(1024 * 1024 + 1),
  });
  assert.equal(declared.status, 413);
  assert.equal(await codeOf(declared), 'PM_COMMON_PAYLOAD_TOO_LARGE');
  const chunk = '10000\r\n' + 'x'.repeat(0x10000) + '\r\n';
  const streamed = await sendRaw(
    gateway.port,
    `POST /api/v1/search HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(40)}`,
  );
  assert.equal(streamed.status, 413);
  assert.match(streamed.text, /PM_COMMON_PAYLOAD_TOO_LARGE/);
});

const head = (lines: string): string => `${lines}\r\n\r\n`;
const raw: [string, string, number, RegExp?][] = [
  [
    'content-length with transfer-encoding',
    head('POST /api/v1/search HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked') + '0\r\n\r\n',
    400,
  ],
  [
    'two content-lengths',
    head('POST /api/v1/search HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ncontent-length: 5') + 'abcde',
    400,
  ],
  ['a list of content-lengths', head('POST /api/v1/search HTTP/1.1\r\nhost: x\r\ncontent-length: 4, 4') + 'abcd', 400],
  ['a negative content-length', head('POST /api/v1/search HTTP/1.1\r\nhost: x\r\ncontent-length: -1'), 400],
  [
    'a hidden transfer-encoding',
    head('POST /api/v1/search HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\ncontent-length: 3') + 'abc',
    400,
  ],
  ['space before the colon', head('GET /api/v1/search HTTP/1.1\r\nhost : x'), 400],
  ['a folded header', head('GET /api/v1/search HTTP/1.1\r\nhost: x\r\na: b\r\n c: d'), 400],
  ['a bare line feed in a header', head('GET /api/v1/search HTTP/1.1\r\nhost: x\r\na: b\nc: d'), 400],
  ['another protocol', head('GET /api/v1/search HTTQ/1.1\r\nhost: x'), 400],
  ['bytes that are not HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
  ['an unknown method', head('FETCH /api/v1/search HTTP/1.1\r\nhost: x'), 400],
  ['headers of 20 KiB', head(`GET /api/v1/search HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}`), 431],
  [
    'the absolute form for another host',
    head('GET http://evil.example/api/v1/search HTTP/1.1\r\nhost: x'),
    400,
    /PM_GATEWAY_PATH_INVALID/,
  ],
  ['the absolute form for this host', head('GET http://x/api/v1/search HTTP/1.1\r\nhost: x'), 401],
  ['dot segments', head('GET /api/v1/search/../users HTTP/1.1\r\nhost: x'), 400, /PM_GATEWAY_PATH_INVALID/],
  ['encoded dot segments', head('GET /api/v1/search/%2e%2e/users HTTP/1.1\r\nhost: x'), 400, /PM_GATEWAY_PATH_INVALID/],
  ['an encoded slash', head('GET /api/v1/search%2f..%2fusers HTTP/1.1\r\nhost: x'), 400, /PM_GATEWAY_PATH_INVALID/],
  ['a backslash', head('GET /api/v1\\search HTTP/1.1\r\nhost: x'), 400, /PM_GATEWAY_PATH_INVALID/],
  ['an empty segment', head('GET //api/v1/search HTTP/1.1\r\nhost: x'), 400, /PM_GATEWAY_PATH_INVALID/],
  ['an encoded zero byte', head('GET /api/v1/search%00 HTTP/1.1\r\nhost: x'), 400, /PM_GATEWAY_PATH_INVALID/],
  ['broken percent-encoding', head('GET /api/v1/search/%zz HTTP/1.1\r\nhost: x'), 400, /PM_GATEWAY_PATH_INVALID/],
  ['invalid UTF-8 in the path', head('GET /api/v1/search/%ff%fe HTTP/1.1\r\nhost: x'), 400, /PM_GATEWAY_PATH_INVALID/],
  ['a tunnel', head('CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443'), 0],
];
for (const [name, bytes, status, body] of raw) {
  test(`${status === 0 ? 'closes on' : status + ' for'} ${name}`, async () => {
    const answer = await sendRaw(gateway.port, bytes);
    assert.equal(answer.status, status, answer.text.slice(0, 300));
    if (status >= 400) assert.match(answer.text, /application\/problem\+json/);
    if (body !== undefined) assert.match(answer.text, body);
  });
}

test('an offer of HTTP/2 is ignored, an upgrade elsewhere refused', async () => {
  const headers = `host: x\r\nauthorization: Bearer ${token}\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AA`;
  const offer = await sendRaw(gateway.port, head(`GET /api/v1/search HTTP/1.1\r\nupgrade: h2c\r\n${headers}`));
  assert.equal(offer.status, 200);
  const socket = await sendRaw(gateway.port, head(`GET /api/v1/search HTTP/1.1\r\nupgrade: websocket\r\n${headers}`));
  assert.equal(socket.status, 404);
});

test('400 without a host, from the server itself', async () => {
  assert.equal((await sendRaw(gateway.port, 'GET /api/v1/search HTTP/1.1\r\n\r\n')).status, 400);
});

test('a request smuggled behind another one is not run', async () => {
  const seen = world.upstream.seen.length;
  const smuggled = 'GET /api/v1/users/smuggled HTTP/1.1\r\nhost: x\r\n\r\n';
  await sendRaw(
    gateway.port,
    `POST /api/v1/search HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-length: ${smuggled.length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  );
  assert.equal(
    world.upstream.seen.slice(seen).some(({ url }) => url.includes('smuggled')),
    false,
  );
});

test('bad input leaves the gateway as it was', async () => {
  const answer = await fetch(`${gateway.url}/api/v1/search`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  const metrics = await gateway.metrics();
  assert.doesNotMatch(metrics, /gateway_request_duration_seconds_count\{[^}]*status="5xx"/);
  assert.doesNotMatch(metrics, /gateway_upstream_in_flight\{[^}]*\} [1-9]/);
});
