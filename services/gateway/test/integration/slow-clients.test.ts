import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issueTestToken } from '@peermesh/testkit';
import { startWorld } from '../support/gateway.ts';
import { sendRaw } from '../support/raw-http.ts';

test('clients that never finish are cut off, and cost the services nothing', async (t) => {
  const world = await startWorld();
  t.after(() => world.stop());
  const gateway = await world.startGateway(t, { env: { HEADERS_TIMEOUT_MS: '600', REQUEST_TIMEOUT_MS: '1200' } });
  const token = await issueTestToken();
  const [headers, body] = await Promise.all([
    sendRaw(gateway.port, 'GET /api/v1/search HTTP/1.1\r\nhost: x\r\n', { timeoutMs: 10_000 }),
    sendRaw(
      gateway.port,
      `POST /api/v1/content HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-length: 100\r\n\r\nabc`,
      { timeoutMs: 10_000 },
    ),
  ]);
  assert.equal(headers.status, 408);
  assert.match(headers.text, /PM_COMMON_REQUEST_TIMEOUT/);
  assert.equal(body.status, 408);
  assert.equal(world.upstream.seen.length, 0);
});
