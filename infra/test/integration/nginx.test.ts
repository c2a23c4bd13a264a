import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
} from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { nginxConfig } from '../../nginx/nginx-config.ts';
import { ensureSelfSignedCertificate } from '../../nginx/self-signed-certificate.ts';
import { findBinary, freePort, type GuardedProcess, startNginx, unprivilegedUser } from '../../servers/index.ts';

const binary = findBinary('nginx');
const skip = binary === null ? 'nginx is not installed' : false;
const folder = mkdtempSync(join(tmpdir(), 'peermesh-nginx-'));
chmodSync(folder, 0o755);
const backends: Server[] = [];
let rpcBackend: Http2Server;
let nginx: GuardedProcess;
let httpPort = 0;
let httpsPort = 0;
let certificate = '';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A backend that answers with its name and what it was sent, and echoes upgraded connections. */
async function startBackend(name: string): Promise<number> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ backend: name, url: request.url, headers: request.headers }));
    });
  });
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  backends.push(server);
  return (server.address() as AddressInfo).port;
}

/** A gRPC backend that gives back every piece of a call as it comes, and says from whom it is. */
async function startRpcBackend(): Promise<number> {
  rpcBackend = createHttp2Server();
  rpcBackend.on('stream', (stream, headers) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'seen-for': headers['x-forwarded-for'] },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'seen-path': String(headers[':path']) }));
    stream.pipe(stream);
  });
  await new Promise<void>((resolve) => rpcBackend.listen(0, '127.0.0.1', resolve));
  return (rpcBackend.address() as AddressInfo).port;
}

/** Begins a call of gRPC through nginx. */
function callRpc(): { readonly session: ClientHttp2Session; readonly stream: ClientHttp2Stream } {
  const session = connectHttp2(`https://127.0.0.1:${httpsPort}`, { ca: certificate, servername: 'localhost' });
  const stream = session.request({
    ':method': 'POST',
    ':path': '/peermesh.mesh.v1.MeshDataService/Publish',
    'content-type': 'application/grpc',
    te: 'trailers',
    'x-forwarded-for': '6.6.6.6',
  });
  stream.setEncoding('utf8');
  return { session, stream };
}

function read(stream: ClientHttp2Stream): Promise<string> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('data', (text: string) => resolve(text));
  });
}

/** The answer to a call that nginx answers itself. */
async function refusedRpc(): Promise<IncomingHttpHeaders> {
  const { session, stream } = callRpc();
  const answered = once(stream, 'response');
  stream.resume().end();
  const [headers] = (await answered) as [IncomingHttpHeaders];
  session.close();
  return headers;
}

function get(
  path: string,
  options: { headers?: Record<string, string>; method?: string; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port: httpsPort,
        servername: 'localhost',
        ca: certificate,
        path,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

before(async () => {
  if (binary === null) return;
  const gateways = [await startBackend('one'), await startBackend('two')].map((port) => `127.0.0.1:${port}`);
  [httpPort, httpsPort] = [await freePort(), await freePort()];
  const files = await ensureSelfSignedCertificate(folder);
  certificate = readFileSync(files.certificateFile, 'utf8');
  const own = join(folder, 'own');
  mkdirSync(own);
  chmodSync(own, 0o755);
  const user = unprivilegedUser();
  if (user !== undefined) chownSync(own, user.uid, user.gid);
  const configFile = join(folder, 'nginx.conf');
  const logFile = join(folder, 'nginx.log');
  writeFileSync(
    configFile,
    nginxConfig({
      ...files,
      gateways,
      meshRpc: `127.0.0.1:${await startRpcBackend()}`,
      host: '127.0.0.1',
      httpPort,
      httpsPort,
      folder: own,
      accessLog: logFile,
      errorLog: logFile,
      rateLimit: { perSecond: 2, burst: 60 },
      slowClientSeconds: 1,
    }),
  );
  nginx = await startNginx({ binary, configFile, folder: own, logFile, httpPort });
});

after(async () => {
  await nginx?.stop();
  for (const server of backends) {
    server.closeAllConnections();
    server.close();
  }
  rpcBackend?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('balances over both gateways and tells them who the client is', { skip }, async () => {
  const seen = new Set<string>();
  for (let i = 0; i < 6; i += 1) {
    const answer = await get('/api/v1/search', { headers: { 'x-forwarded-for': '6.6.6.6', 'x-request-id': 'bad id' } });
    assert.equal(answer.status, 200);
    const { backend, headers } = JSON.parse(answer.body) as { backend: string; headers: Record<string, string> };
    seen.add(backend);
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'https');
    assert.match(headers['x-request-id'] ?? '', /^[0-9a-f]{32}$/);
  }
  assert.deepEqual([...seen].sort(), ['one', 'two']);
});

test('sends requests marked as canary to the last replica, and keeps a well-formed request id', { skip }, async () => {
  for (let i = 0; i < 4; i += 1) {
    const answer = await get('/api/v1/search', {
      headers: { 'x-peermesh-canary': 'always', 'x-request-id': 'req-12345678' },
    });
    const { backend, headers } = JSON.parse(answer.body) as { backend: string; headers: Record<string, string> };
    assert.equal(backend, 'two');
    assert.equal(headers['x-request-id'], 'req-12345678');
  }
});

test('upgrades WebSocket connections', { skip }, async () => {
  const socket = connectTls({ host: '127.0.0.1', port: httpsPort, servername: 'localhost', ca: certificate });
  const received: string = await new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.endsWith('\r\n\r\n')) socket.write('ping-through');
      if (text.includes('ping-through')) resolve(text);
    });
    socket.write(
      'GET /api/v1/realtime HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    );
  });
  socket.destroy();
  assert.match(received, /^HTTP\/1\.1 101 /);
});

test('carries a gRPC stream both ways, piece by piece, with its trailers', { skip }, async () => {
  const { session, stream } = callRpc();
  const answered = once(stream, 'response');
  const trailed = once(stream, 'trailers');
  stream.write('first');
  const [headers] = (await answered) as [IncomingHttpHeaders];
  assert.equal(headers['seen-for'], '127.0.0.1');
  assert.equal(await read(stream), 'first');
  stream.write('second');
  assert.equal(await read(stream), 'second');
  stream.end();
  stream.resume();
  const [trailers] = (await trailed) as [IncomingHttpHeaders];
  assert.equal(trailers['grpc-status'], '0');
  assert.equal(trailers['seen-path'], '/peermesh.mesh.v1.MeshDataService/Publish');
  session.close();
});

test('answers with a status of gRPC while no mesh node is there', { skip }, async () => {
  const closed = once(rpcBackend, 'close');
  rpcBackend.close();
  await closed;
  const headers = await refusedRpc();
  assert.equal(headers[':status'], 200);
  assert.equal(headers['content-type'], 'application/grpc');
  assert.equal(headers['grpc-status'], '14');
  assert.equal(headers['peermesh-code'], 'PM_GATEWAY_UPSTREAM_UNAVAILABLE');
});

test('hides the inside and answers with problem details', { skip }, async () => {
  for (const path of ['/metrics', '/health/ready', '/health/live', '/elsewhere']) {
    const answer = await get(path);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.equal((JSON.parse(answer.body) as { code: string }).code, 'PM_COMMON_ROUTE_NOT_FOUND');
  }
  const headers = await get('/api/v1/search', { headers: { 'x-large': 'x'.repeat(20_000) } });
  assert.equal(headers.status, 431);
  assert.equal((JSON.parse(headers.body) as { code: string }).code, 'PM_COMMON_HEADERS_TOO_LARGE');
  const body = await get('/api/v1/search', {
    method: 'POST',
    headers: { 'content-length': String(30 * 1024 * 1024) },
  }).catch(() => null);
  if (body !== null) assert.equal(body.status, 413);
});

test('redirects plain HTTP to TLS, also on the TLS port', { skip }, async () => {
  const plain = await fetch(`http://127.0.0.1:${httpPort}/api/v1/search?q=1`, { redirect: 'manual' });
  assert.equal(plain.status, 308);
  assert.equal(plain.headers.get('location'), `https://127.0.0.1:${httpsPort}/api/v1/search?q=1`);
  const wrong = await fetch(`http://127.0.0.1:${httpsPort}/api/v1/search`, { redirect: 'manual' });
  assert.equal(wrong.status, 308);
});

test('cuts a client that sends its header a byte at a time', { skip }, async () => {
  const socket = connectTls({ host: '127.0.0.1', port: httpsPort, servername: 'localhost', ca: certificate });
  socket.on('error', () => undefined);
  const drip = setInterval(() => socket.write('X'), 200);
  socket.write('GET /api/v1/search HTTP/1.1\r\nHost: localhost\r\n');
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.resume();
  });
  clearInterval(drip);
});

test('goes on with one gateway, and answers 503 as a problem without any', { skip }, async () => {
  const [first, second] = backends;
  assert.ok(first && second);
  first.closeAllConnections();
  await new Promise<void>((resolve) => first.close(() => resolve()));
  for (let i = 0; i < 5; i += 1) assert.equal((await get('/api/v1/search')).status, 200);
  second.closeAllConnections();
  await new Promise<void>((resolve) => second.close(() => resolve()));
  const answer = await get('/api/v1/search');
  assert.equal(answer.status, 503);
  assert.equal((JSON.parse(answer.body) as { code: string }).code, 'PM_GATEWAY_UPSTREAM_UNAVAILABLE');
  assert.equal(answer.headers['retry-after'], '1');
});

test('answers 429 with Retry-After beyond the rate of one address', { skip }, async () => {
  const answers = await Promise.all(Array.from({ length: 120 }, () => get('/api/v1/search')));
  const limited = answers.filter(({ status }) => status === 429);
  assert.ok(limited.length >= 20, `${limited.length} were limited`);
  assert.equal(limited[0]?.headers['retry-after'], '1');
  assert.equal((JSON.parse(limited[0]?.body ?? '{}') as { code: string }).code, 'PM_COMMON_TOO_MANY_REQUESTS');
});

test('answers a call of gRPC beyond the rate with its status', { skip }, async () => {
  let headers = await refusedRpc();
  // Two a second are let through again since the test before, and no more than the burst of 60 at once.
  for (let calls = 1; calls < 200 && headers['grpc-status'] !== '8'; calls += 1) headers = await refusedRpc();
  assert.equal(headers['grpc-status'], '8');
  assert.equal(headers['peermesh-code'], 'PM_COMMON_TOO_MANY_REQUESTS');
});

test('the port of the plain server refuses nothing but HTTP', { skip }, async () => {
  const socket = connectPlain({ host: '127.0.0.1', port: httpPort });
  const text: string = await new Promise((resolve, reject) => {
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => resolve(chunk));
    socket.on('error', reject);
    socket.write('nonsense\r\n\r\n');
  });
  socket.destroy();
  assert.match(text, /400 Bad Request/);
});
