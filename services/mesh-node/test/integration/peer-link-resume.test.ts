import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { BATCH_BYTES_MAX } from '@peermesh/link';
import { waitFor } from '@peermesh/testkit';
import { createTransport, type TransportLimits } from '../../src/transport/index.ts';
import { seededBytes } from '../contract/transport-kit/random-bytes.ts';
import { TcpProxy } from '../contract/transport-kit/tcp-proxy.ts';
import { createNodeKey, TestMesh } from '../contract/transport-kit/test-mesh.ts';
import { TestNode, type TransportAdapter } from '../contract/transport-kit/test-node.ts';

const adapter: Pick<TransportAdapter, 'plainScheme' | 'secureScheme' | 'create'> = {
  plainScheme: 'grpc',
  secureScheme: 'grpcs',
  create: createTransport,
};

interface Pair {
  readonly a: TestNode;
  readonly b: TestNode;
  readonly proxy: TcpProxy;
}

/** Two nodes whose connection goes through a proxy. */
async function pairThroughProxy(
  t: TestContext,
  isSecure: boolean,
  limits: Partial<TransportLimits> = {},
): Promise<Pair> {
  const mesh = await TestMesh.create();
  t.after(() => mesh.remove());
  const start = async (): Promise<TestNode> => {
    const key = createNodeKey();
    const credentials = isSecure ? await mesh.credentials(key) : null;
    return TestNode.start(t, adapter, { key, credentials, limits: { resumeMs: 10_000, ...limits } });
  };
  const [a, b] = [await start(), await start()];
  const proxy = await TcpProxy.start(t, b.port);
  const scheme = isSecure ? adapter.secureScheme : adapter.plainScheme;
  a.transport.dial(`${scheme}://127.0.0.1:${proxy.port}`, 1, b.key.nodeId);
  await waitFor(() => a.connections.length === 1 && b.connections.length === 1);
  return { a, b, proxy };
}

for (const isSecure of [false, true]) {
  test(`${isSecure ? 'mutual TLS' : 'plain'}: a connection outlives its stream, with no batch lost, doubled or out of order`, async (t) => {
    const { a, b, proxy } = await pairThroughProxy(t, isSecure);
    const [there, here] = [a.connections[0]!, b.connections[0]!];
    const count = 600;
    const batches = Array.from({ length: count }, (_, i) => seededBytes(i + 1, 500 + ((i * 7_919) % 20_000)));
    for (let i = 0; i < count; i += 1) {
      there.send(batches[i]!);
      here.send(batches[count - 1 - i]!);
      if (i % 100 !== 50) continue;
      await waitFor(() => a.received(there).length > i / 2 || b.received(here).length > i / 2, {
        intervalMs: 1,
        timeoutMs: 20_000,
      });
      proxy.drop();
    }
    await waitFor(() => b.received(here).length >= count && a.received(there).length >= count, { timeoutMs: 20_000 });
    for (let i = 0; i < count; i += 1) {
      assert.ok(Buffer.from(batches[i]!).equals(b.received(here)[i]!), `batch ${i} at the acceptor`);
      assert.ok(Buffer.from(batches[count - 1 - i]!).equals(a.received(there)[i]!), `batch ${i} at the dialler`);
    }
    assert.deepEqual([a.closed.length, b.closed.length, b.connections.length], [0, 0, 1]);
  });
}

test('a connection whose stream does not come back in time is lost on both sides', async (t) => {
  const { a, b, proxy } = await pairThroughProxy(t, false, { resumeMs: 200 });
  proxy.cut();
  assert.deepEqual([await a.closeReason(), await b.closeReason()], ['connection_lost', 'connection_lost']);
});

test('a side that is closed while the stream is away does not come back', async (t) => {
  const { a, b, proxy } = await pairThroughProxy(t, false, { resumeMs: 500 });
  proxy.drop();
  a.connections[0]!.close('enough');
  assert.equal(await a.closeReason(), 'enough');
  assert.match(await b.closeReason(), /connection_lost|peer: enough/);
});

test('a peer for which more batches wait than may, for longer than they may, is closed as too slow', async (t) => {
  const { a, proxy } = await pairThroughProxy(t, false, { sendQueueMax: 10, sendTimeoutMs: 150 });
  proxy.freeze();
  const [connection] = a.connections;
  for (let i = 0; i < 90; i += 1) connection!.send(new Uint8Array(BATCH_BYTES_MAX));
  assert.equal(a.closed.length, 0);
  await waitFor(() => {
    connection!.send(new Uint8Array(24));
    return a.closed.length === 1;
  });
  assert.equal(await a.closeReason(), 'slow_reader');
  assert.equal(a.refused('slow_reader'), 1);
});
