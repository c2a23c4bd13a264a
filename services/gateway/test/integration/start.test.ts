import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { freePort, waitFor } from '@peermesh/testkit';

test('a gateway whose broker is away listens, is alive and unready, and says so to callers', async (t) => {
  const [port, nobody] = await Promise.all([freePort(), freePort()]);
  const upstream = `http://127.0.0.1:${nobody}`;
  const gateway = spawn(
    process.execPath,
    ['--conditions=@peermesh/source', new URL('../../src/main.ts', import.meta.url).pathname],
    {
      stdio: 'ignore',
      env: {
        HOST: '127.0.0.1',
        PORT: String(port),
        LOG_LEVEL: 'silent',
        DATABASE_URL: `postgres://nobody@127.0.0.1:${nobody}/none`,
        NATS_URL: `nats://127.0.0.1:${nobody}`,
        REDIS_URL: `redis://127.0.0.1:${nobody}`,
        JWKS_URL: `${upstream}/jwks`,
        UPSTREAM_AUTH: upstream,
        UPSTREAM_INGEST: upstream,
        UPSTREAM_SEARCH: upstream,
        UPSTREAM_PUBLISHER: upstream,
        UPSTREAM_ROUTER: upstream,
        UPSTREAM_MESH: upstream,
      },
    },
  );
  t.after(async () => {
    gateway.kill('SIGKILL');
    await once(gateway, 'exit');
  });
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  const live = await waitFor(() => get('/health/live'), { timeoutMs: 20_000, message: 'the gateway listens' });
  assert.equal(live.status, 200);
  const ready = await get('/health/ready');
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /"status":"unready".*waits for what it needs/);
  const call = await get('/api/v1/content');
  assert.deepEqual([call.status, call.headers.get('content-type')], [503, 'application/problem+json']);
});
