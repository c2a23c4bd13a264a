import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { waitFor } from '@peermesh/testkit';
import { randomOf } from '../support/domain-samples.ts';
import { startSearch } from '../support/start-search.ts';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost', undefined]);

test('the embedded default speaks to its own database and broker only, from start to trained space', async (t) => {
  const hosts = new Set<string | undefined>();
  const seen = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    socket.once('connect', () => hosts.add(socket.remoteAddress));
    socket.on('lookup', (_error, _address, _family, host: string) => hosts.add(host));
  };
  subscribe('net.client.socket', seen);
  t.after(() => unsubscribe('net.client.socket', seen));
  const search = await startSearch({ EMBEDDER: 'auto', EMBEDDER_TRAIN_DOCUMENTS_MIN: '256' });
  t.after(() => search.stop());
  const random = randomOf(5);
  await search.index(
    Array.from({ length: 300 }, (_, i) => ({
      title: `Report ${i} on a turbine`,
      text: Array.from({ length: 60 }, () => `word${Math.floor(1_500 ** random())}`).join(' '),
    })),
  );
  await waitFor(() => search.service.registry.active.get('vector')?.generation.spaceId?.startsWith('lsa@'), {
    timeoutMs: 90_000,
    message: 'no latent semantic space was trained',
  });
  const { status, body } = await search.search({
    query: 'word20 word45 word90 word150',
    mode: 'hybrid',
    deadlineMs: 5_000,
  });
  assert.equal(status, 200);
  assert.equal(body.sources.vector.status, 'ok');
  assert.ok(hosts.size > 0, 'no connection was seen, so nothing was tested');
  assert.deepEqual(
    [...hosts].filter((host) => !LOOPBACK.has(host)),
    [],
  );
});
