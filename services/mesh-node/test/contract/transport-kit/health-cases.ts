import assert from 'node:assert/strict';
import test from 'node:test';
import { BATCH_BYTES_MAX } from '@peermesh/link';
import { waitFor } from '@peermesh/testkit';
import { TcpProxy } from './tcp-proxy.ts';
import { connect, TestNode, type TransportAdapter } from './test-node.ts';

/** Dials `to` through a proxy. */
async function throughProxy(
  t: test.TestContext,
  adapter: TransportAdapter,
  from: TestNode,
  to: TestNode,
): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(t, to.port);
  from.transport.dial(`${adapter.plainScheme}://127.0.0.1:${proxy.port}`, 0, to.key.nodeId);
  await waitFor(() => from.connections.length === 1 && to.connections.length === 1);
  return proxy;
}

/** Peers that are there and do not answer, or do not read. */
export function healthCases(adapter: TransportAdapter): void {
  test('a connection that nothing comes through is unhealthy after three heartbeats, on both sides', async (t) => {
    const limits = { heartbeatMs: 50, heartbeatMisses: 3 };
    const [a, b] = [await TestNode.start(t, adapter, { limits }), await TestNode.start(t, adapter, { limits })];
    const proxy = await throughProxy(t, adapter, a, b);
    proxy.freeze();
    assert.equal(await a.closeReason(), 'unhealthy');
    assert.equal(await b.closeReason(), 'unhealthy');
    assert.deepEqual([a.refused('unhealthy'), b.refused('unhealthy')], [1, 1]);
  });

  test('an idle connection stays, since heartbeats are answered', async (t) => {
    const limits = { heartbeatMs: 20, heartbeatMisses: 3 };
    const [a, b] = [await TestNode.start(t, adapter, { limits }), await TestNode.start(t, adapter, { limits })];
    const [there, here] = await connect(a, b);
    let beats = 0;
    const timer = setInterval(() => (beats += 1), limits.heartbeatMs);
    t.after(() => clearInterval(timer));
    await waitFor(() => beats > 12);
    assert.equal(a.closed.length + b.closed.length, 0);
    there.send(Buffer.from('still here'));
    await waitFor(() => b.received(here).length === 1);
  });

  test('a peer that accepts and never reads is closed when its share of memory is used up', async (t) => {
    const limits = { bufferedBytesMax: 1 << 20 };
    const [a, b] = [await TestNode.start(t, adapter, { limits }), await TestNode.start(t, adapter)];
    const proxy = await throughProxy(t, adapter, a, b);
    proxy.freeze();
    const [connection] = a.connections;
    const batch = new Uint8Array(BATCH_BYTES_MAX);
    let most = 0;
    await waitFor(
      () => {
        for (let i = 0; i < 32; i += 1) {
          connection!.send(batch);
          most = Math.max(most, connection!.bufferedBytes);
        }
        return a.closed.length === 1;
      },
      { intervalMs: 1 },
    );
    assert.equal(await a.closeReason(), 'slow_reader');
    assert.equal(a.refused('slow_reader'), 1);
    assert.ok(most <= limits.bufferedBytesMax + 2 * BATCH_BYTES_MAX, `${most} bytes were buffered`);
  });

  test('a peer that takes nothing of what waits for it is closed after the stall time', async (t) => {
    const limits = { heartbeatMs: 50, heartbeatMisses: 1_000, stallMs: 300 };
    const [a, b] = [await TestNode.start(t, adapter, { limits }), await TestNode.start(t, adapter)];
    const proxy = await throughProxy(t, adapter, a, b);
    proxy.freeze();
    const [connection] = a.connections;
    await waitFor(() => {
      if (connection!.bufferedBytes === 0)
        for (let i = 0; i < 40; i += 1) connection!.send(new Uint8Array(BATCH_BYTES_MAX));
      return a.closed.length === 1;
    });
    assert.equal(await a.closeReason(), 'slow_reader');
  });

  test('a connection that is cut ends at both sides, and a new one can be made', async (t) => {
    const [a, b] = [await TestNode.start(t, adapter), await TestNode.start(t, adapter)];
    const proxy = await throughProxy(t, adapter, a, b);
    proxy.cut();
    assert.equal(await a.closeReason(), 'connection_lost');
    assert.equal(await b.closeReason(), 'connection_lost');
    await connect(a, b);
  });

  test('of several ways to a node the next is tried when one fails, and only the last failure is told', async (t) => {
    const [a, b] = [await TestNode.start(t, adapter), await TestNode.start(t, adapter)];
    const nowhere = `${adapter.plainScheme}://127.0.0.1:1`;
    a.transport.dial(`${nowhere} ${b.address}`, 0, b.key.nodeId);
    await waitFor(() => a.connections.length === 1 && b.connections.length === 1);
    assert.equal(a.dialFailures.length, 0);
    a.transport.dial(`${nowhere} smoke://signals`, 1);
    assert.equal(await a.dialFailure(), 'bad_protocol');
    assert.deepEqual(
      a.dialFailures.map(({ address }) => address),
      [`${nowhere} smoke://signals`],
    );
  });
}
