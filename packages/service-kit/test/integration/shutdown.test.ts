import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createApp, stopInOrder } from '@peermesh/service-kit';
import { createMetrics } from '@peermesh/telemetry';
import { silentLogger, waitFor } from '@peermesh/testkit';

async function startApp(agent: Agent) {
  const app = await createApp({
    service: 'test',
    version: '0.0.0',
    logger: silentLogger(),
    metrics: createMetrics({ service: 'test' }),
  });
  const slow = new PassThrough();
  app.get('/slow', (_request, reply) => reply.send(slow));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const request = async (path: string): Promise<IncomingMessage> => {
    const [response] = await once(get({ host: '127.0.0.1', port, path, agent }), 'response');
    return response as IncomingMessage;
  };
  return { app, slow, request };
}

test('a connection whose answer began before the shutdown is closed when the answer ends', async (t) => {
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const { app, slow, request } = await startApp(agent);
  slow.write('begun');
  const response = await request('/slow');
  assert.equal(response.headers.connection, 'keep-alive');
  const startedAt = performance.now();
  const stopped = stopInOrder({ app, stop: async () => undefined }, 30_000);
  await waitFor(() => !app.server.listening);
  slow.end(', ended');
  assert.equal(await text(response), 'begun, ended');
  await stopped;
  assert.ok(performance.now() - startedAt < 20_000);
});

test('answers that begin while a service drains end their connections', async (t) => {
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const { app, request } = await startApp(agent);
  const before = await request('/health/live');
  before.resume();
  assert.equal(before.headers.connection, 'keep-alive');
  const draining = Promise.withResolvers<void>();
  const stopped = stopInOrder({ app, stop: () => draining.promise }, 30_000);
  const during = await request('/health/ready');
  during.resume();
  assert.equal(during.statusCode, 503);
  assert.equal(during.headers.connection, 'close');
  draining.resolve();
  await stopped;
});
