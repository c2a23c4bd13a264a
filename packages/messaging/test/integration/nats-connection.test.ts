import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectNats } from '@peermesh/messaging';
import { createLogger } from '@peermesh/telemetry';
import { freePort, silentLogger, startTestNats, waitFor } from '@peermesh/testkit';

const PASSWORD = 'not-to-be-told';

function kept() {
  const lines: string[] = [];
  const logger = createLogger({ service: 'test', level: 'warn' }, { write: (line: string) => lines.push(line) });
  return { lines, logger };
}

function withPassword(server: string): string {
  const url = new URL(server);
  url.username = 'somebody';
  url.password = PASSWORD;
  return url.href;
}

test('the first connection is waited for until there is a server', async (t) => {
  const server = await startTestNats();
  t.after(() => server.stop());
  await server.kill();
  const connecting = connectNats({ url: server.url, name: 'early', logger: silentLogger() });
  await server.restart();
  const connection = await connecting;
  await connection.flush();
  await connection.close();
});

test('waiting ends with its signal, and leaves nothing behind', async () => {
  const url = withPassword(`nats://127.0.0.1:${await freePort()}`);
  const { lines, logger } = kept();
  const stopping = new AbortController();
  const connecting = connectNats({ url, name: 'vain', logger, signal: stopping.signal });
  await waitFor(() => lines.length > 0);
  stopping.abort();
  await assert.rejects(connecting, { name: 'AbortError' });
  const open = process.getActiveResourcesInfo().filter((resource) => /^(TCP|Timeout)/.test(resource));
  assert.deepEqual(open, []);
});

test('why there is no connection is said once for each reason, without what it is told in secret', async (t) => {
  const server = await startTestNats();
  t.after(() => server.stop());
  const { lines, logger } = kept();
  await server.kill();
  const stopping = new AbortController();
  t.after(() => stopping.abort());
  const url = withPassword(server.url);
  const connecting = connectNats({ url, name: 'patient', logger, signal: stopping.signal });
  await waitFor(() => lines.length > 0);
  await server.restart();
  await (await connecting).close();
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
    ['NATS cannot be reached yet'],
  );
  assert.ok(!lines.join().includes(PASSWORD));
});
