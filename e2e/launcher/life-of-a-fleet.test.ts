import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findBinary } from '@peermesh/infra/servers';
import { waitFor } from '@peermesh/testkit';
import { collect, createLocalInstallation, type LocalInstallation } from './local-installation.ts';

const NODES = ['mesh-node', 'mesh-node-2', 'mesh-node-3'];
const SERVICES = ['auth', 'ingest', 'search', 'publisher', 'router', ...NODES, 'gateway'];
const RECOVERY_MS_MAX = 120_000;
/** Not everybody may have it installed. */
const HAS_NGINX = findBinary('nginx') !== null;

let installation: LocalInstallation;
before(async () => {
  installation = await createLocalInstallation();
});
after(() => installation.remove());

interface Status {
  readonly state: string;
  readonly processes: readonly { name: string; pid: number; health: string; restarts: number }[];
}

async function status(): Promise<Status> {
  return JSON.parse((await installation.run('status', '--json')).stdout) as Status;
}

async function pidOf(name: string): Promise<number> {
  const found = (await status()).processes.find((process) => process.name === name);
  assert.ok(found, `${name} is not running`);
  return found.pid;
}

async function untilHealthyAgain(name: string, oldPid: number): Promise<void> {
  await waitFor(
    async () => {
      const { state, processes } = await status();
      const now = processes.find((process) => process.name === name);
      return state === 'healthy' && now !== undefined && now.pid !== oldPid;
    },
    { timeoutMs: RECOVERY_MS_MAX, intervalMs: 500, message: `${name} is healthy again` },
  );
}

test('a detached start returns when everything is healthy, and secrets stay secret', async () => {
  const { code, stdout, stderr } = await installation.run('start', '--no-walk', '--detach');
  assert.equal(code, 0, stdout + stderr);
  const { state, processes } = await status();
  assert.equal(state, 'healthy', JSON.stringify(processes));
  assert.deepEqual(
    processes.map(({ name }) => name),
    ['postgres', 'nats', 'redis', ...SERVICES],
  );
  const password = readFileSync(join(installation.home, 'secrets/admin-password'), 'utf8');
  assert.ok(!stdout.includes(password));
  assert.ok(stdout.includes(join(installation.home, 'secrets/admin-password')));
  assert.equal(statSync(join(installation.home, 'secrets')).mode & 0o777, 0o700);
  assert.equal(statSync(join(installation.home, 'secrets/secrets.json')).mode & 0o777, 0o600);
  assert.equal(statSync(installation.home).mode & 0o066, 0);
});

test('PostgreSQL does not run as root', async () => {
  const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${await pidOf('postgres')}/status`, 'utf8'))?.[1];
  assert.notEqual(uid, '0');
});

test('a second copy is refused, and reset as well', async () => {
  for (const mode of [[], ['--detach']]) {
    const second = await installation.run('start', '--no-walk', ...mode);
    assert.equal(second.code, 1);
    assert.match(second.stdout + second.stderr, /already running .*pid \d+/);
  }
  const reset = await installation.run('reset', '--yes');
  assert.equal(reset.code, 1);
  assert.match(reset.stderr, /npm run stop/);
});

test('a service and a store that are killed come back, each with one line that says so', async () => {
  for (const name of ['search', 'redis', 'nats', 'postgres']) {
    const pid = await pidOf(name);
    process.kill(pid, 'SIGKILL');
    await untilHealthyAgain(name, pid);
    const lines = readFileSync(join(installation.home, 'logs/launcher.log'), 'utf8').split('\n');
    assert.equal(lines.filter((line) => line.includes(`${name} (pid ${pid}) ended unexpectedly (SIGKILL)`)).length, 1);
  }
});

test('logs are shown, limited and followed', async () => {
  const { code, stdout } = await installation.run('logs', 'gateway', '-n', '3');
  assert.equal(code, 0);
  assert.ok(stdout.trim().split('\n').length <= 3);
  const none = await installation.run('logs', 'gateway', '--since', '2999-01-01T00:00:00Z');
  assert.equal(none.stdout, '');
  const follower = installation.spawn('logs', 'gateway', '-f', '-n', '0');
  const ended = collect(follower);
  await fetch(`http://127.0.0.1:${installation.port('GATEWAY')}/api/v1/nowhere`).then((response) => response.text());
  follower.kill('SIGTERM');
  await ended;
});

test('kill -9 of the launcher leaves nothing behind, and the next start goes on with its data', async () => {
  const password = readFileSync(join(installation.home, 'secrets/admin-password'), 'utf8').trim();
  process.kill(installation.launcherPid(), 'SIGKILL');
  await waitFor(() => installation.processes().length === 0, { timeoutMs: 30_000, message: 'no process is left' });
  assert.equal((await installation.run('status')).code, 3);
  const again = await installation.run('start', '--no-walk', '--detach', ...(HAS_NGINX ? ['--nginx'] : []));
  assert.equal(again.code, 0, again.stdout);
  const login = await fetch(`http://127.0.0.1:${installation.port('GATEWAY')}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@peermesh.local', password }),
  });
  assert.equal(login.status, 200, 'the account of before is there');
});

async function post(
  session: ClientHttp2Session,
  path: string,
  body: object,
  token?: string,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  });
  const answered = once(stream, 'response');
  stream.end(JSON.stringify(body));
  const [headers] = (await answered) as [IncomingHttpHeaders & { readonly ':status': number }];
  let text = '';
  for await (const piece of stream.setEncoding('utf8')) text += piece;
  return { status: headers[':status'], body: JSON.parse(text) as Record<string, unknown> };
}

test('nginx serves REST and the gRPC API of the mesh over TLS', { skip: !HAS_NGINX }, async (t) => {
  const { processes } = await status();
  assert.deepEqual(
    processes.slice(-3).map(({ name, health }) => `${name} ${health}`),
    ['gateway healthy', 'gateway-2 healthy', 'nginx healthy'],
  );
  const ca = readFileSync(join(installation.home, 'secrets/tls-certificate.pem'));
  const session = connectHttp2(`https://127.0.0.1:${installation.port('NGINX_HTTPS')}`, { ca });
  t.after(() => session.destroy());
  const password = readFileSync(join(installation.home, 'secrets/admin-password'), 'utf8').trim();
  const login = await post(session, '/api/v1/auth/login', { email: 'admin@peermesh.local', password });
  assert.equal(login.status, 200);
  const { accessToken } = login.body as { readonly accessToken: string };
  const answer = await post(session, '/peermesh.mesh.v1.MeshService/GetMesh', {}, accessToken);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const { mesh } = answer.body as { readonly mesh: { readonly members: number } };
  assert.equal(mesh.members, 3);
  const stranger = await post(session, '/peermesh.mesh.v1.MeshService/GetMesh', {});
  assert.equal(stranger.status, 401, 'who is nobody gets nothing there either');
});

test('stop ends everything in order', async () => {
  const { code, stdout } = await installation.run('stop');
  assert.equal(code, 0);
  assert.match(stdout, /has stopped/);
  assert.deepEqual(installation.processes(), []);
});

test('a port in use is named with its owner and the way out', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(installation.port('GATEWAY'), '127.0.0.1', resolve));
  const { code, stdout } = await installation.run('start', '--no-walk');
  server.close();
  assert.equal(code, 1);
  assert.match(
    stdout,
    new RegExp(
      `port ${installation.port('GATEWAY')} for gateway is in use by .*pid ${process.pid}.*PEERMESH_GATEWAY_PORT`,
    ),
  );
  assert.deepEqual(installation.processes(), []);
});

test('Ctrl-C on a foreground start stops everything', async () => {
  const child = installation.spawn('start', '--no-walk');
  const ended = collect(child);
  await waitFor(async () => (await installation.run('status')).code === 0, {
    timeoutMs: RECOVERY_MS_MAX,
    intervalMs: 500,
  });
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  assert.equal(code, 0, stdout);
  assert.match(stdout, /nothing is left running/);
  assert.deepEqual(installation.processes(), []);
});

test('Ctrl-C in the middle of a start stops what has started', async () => {
  const child = installation.spawn('start', '--no-walk');
  const ended = collect(child);
  await waitFor(async () => (await installation.run('status')).stdout.includes('nats'), { timeoutMs: 30_000 });
  child.kill('SIGINT');
  assert.equal((await ended).code, 130);
  assert.deepEqual(installation.processes(), []);
});

test('reset deletes data and secrets', async () => {
  const { code } = await installation.run('reset', '--yes');
  assert.equal(code, 0);
  assert.throws(() => statSync(join(installation.home, 'secrets')), { code: 'ENOENT' });
  assert.throws(() => statSync(join(installation.home, 'data')), { code: 'ENOENT' });
});
