import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import test from 'node:test';
import { BATCH_BYTES_MAX, Handshake, type Hello, WIRE_VERSIONS } from '@peermesh/link';
import { waitFor } from '@peermesh/testkit';
import { transcriptProof } from '../../../src/identity/index.ts';
import { seededBytes } from './random-bytes.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { createNodeKey, LINK_OFFER } from './test-mesh.ts';
import { connect, type RawPeer, stillServes, TestNode, type TransportAdapter } from './test-node.ts';

const HELLO_MAGIC = Buffer.from([0x50, 0x4d, 0x48, 0x4c]);
const FEATURES_AT = 8;

/** A handshake as a dialler of lane 0 would make it, with some of the HELLO changed. */
function handshakeWith(change: Partial<Hello> = {}): Handshake {
  const key = createNodeKey();
  const hello: Hello = {
    ...WIRE_VERSIONS,
    ...LINK_OFFER,
    lane: 0,
    role: 'initiator',
    incarnation: 1,
    nodeId: key.publicKey,
    nonce: seededBytes(3, 16),
    ...change,
  };
  return new Handshake(hello, transcriptProof(key), new Uint8Array(0));
}

/** Shakes hands over a raw channel to the end. */
async function establish(raw: RawPeer): Promise<void> {
  const handshake = handshakeWith();
  raw.send(handshake.hello);
  for (let i = 0; i < 2; i += 1) {
    const message = await waitFor(() => raw.received[i], { message: `message ${i} of the handshake` });
    const step = handshake.receive(message);
    if (step.kind === 'send') raw.send(step.bytes);
    else assert.equal(step.kind, 'established');
  }
}

/** What bad or hostile input comes to: a reason that is counted and told, and a node that serves on. */
export function refusalCases(adapter: TransportAdapter): void {
  const refusedRaw = (name: string, reason: Parameters<TestNode['refused']>[0], message: () => Uint8Array): void => {
    test(`${name} is refused as ${reason}`, async (t) => {
      const node = await TestNode.start(t, adapter);
      const raw = await adapter.dialRaw(node.port, 0);
      t.after(() => raw.close());
      raw.send(message());
      assert.equal(await waitFor(() => raw.endedWith), reason);
      assert.equal(node.refused(reason), 1);
      assert.equal(node.connections.length, 0);
      assert.ok(await stillServes(t, adapter, node));
    });
  };
  refusedRaw(
    'a HELLO of versions that nobody here speaks',
    'no_common_version',
    () => handshakeWith({ versionMin: 200, versionMax: 201 }).hello,
  );
  refusedRaw('a HELLO cut short', 'truncated', () => handshakeWith().hello.subarray(0, 40));
  refusedRaw('a HELLO beyond its size', 'oversize', () => Buffer.concat([handshakeWith().hello, new Uint8Array(600)]));
  refusedRaw('garbage for a HELLO', 'bad_magic', () => seededBytes(1, 100));
  refusedRaw('a HELLO for another lane than was asked for', 'lane_mismatch', () => handshakeWith({ lane: 2 }).hello);
  refusedRaw('a HELLO that claims the same role', 'same_role', () => handshakeWith({ role: 'responder' }).hello);

  test('a node that says to be another is refused, since it cannot prove the key', async (t) => {
    const node = await TestNode.start(t, adapter);
    const [own, victim] = [createNodeKey(), createNodeKey()];
    const thief = await TestNode.start(t, adapter, { key: { ...own, publicKey: victim.publicKey }, listens: false });
    thief.transport.dial(node.address, 0);
    await waitFor(() => node.refused('bad_proof') === 1);
    await waitFor(() => thief.closed.length + thief.dialFailures.length === 1);
    assert.equal(node.connections.length, 0);
  });

  test('a peer that is not the one that was dialled is refused by the dialler', async (t) => {
    const [a, b] = [await TestNode.start(t, adapter), await TestNode.start(t, adapter)];
    a.transport.dial(b.address, 0, createNodeKey().nodeId);
    assert.equal(await a.dialFailure(), 'wrong_key');
    assert.equal(a.connections.length, 0);
    await waitFor(() => b.connections.length === b.closed.length);
  });

  test('a node that dials itself is refused', async (t) => {
    const node = await TestNode.start(t, adapter);
    node.transport.dial(node.address, 0);
    await node.dialFailure();
    assert.ok(node.refused('same_node') >= 1);
    assert.equal(node.connections.length, 0);
  });

  test('features changed on the way are found out as a downgrade by both sides', async (t) => {
    const node = await TestNode.start(t, adapter);
    const other = await TestNode.start(t, adapter, { listens: false });
    const proxy = await TcpProxy.start(t, node.port);
    let edits = 0;
    proxy.edit = (chunk) => {
      const at = chunk.indexOf(HELLO_MAGIC);
      if (at < 0) return chunk;
      edits += 1;
      chunk[at + FEATURES_AT] = 0;
      return chunk;
    };
    other.transport.dial(`${adapter.plainScheme}://127.0.0.1:${proxy.port}`, 0);
    const reason = await other.dialFailure();
    assert.ok(['downgrade', 'peer: downgrade'].includes(reason), reason);
    assert.equal(edits, 1);
    assert.equal(other.refused('downgrade') + node.refused('downgrade') > 0, true);
    assert.equal(node.connections.length + other.connections.length, 0);
  });

  test('a handshake that was recorded is of no use a second time', async (t) => {
    const node = await TestNode.start(t, adapter);
    const other = await TestNode.start(t, adapter, { listens: false });
    const proxy = await TcpProxy.start(t, node.port);
    other.transport.dial(`${adapter.plainScheme}://127.0.0.1:${proxy.port}`, 0);
    await waitFor(() => node.connections.length === 1);
    const socket = connectTcp({ host: '127.0.0.1', port: node.port });
    t.after(() => socket.destroy());
    socket.on('error', () => undefined).resume();
    const closed = once(socket, 'close');
    socket.write(Buffer.concat(proxy.recorded));
    await closed;
    assert.equal(node.refused('downgrade'), 1);
    assert.equal(node.connections.length, 1);
  });

  test('a message over the size of a batch ends the connection as oversize', async (t) => {
    const node = await TestNode.start(t, adapter);
    const raw = await adapter.dialRaw(node.port, 0);
    t.after(() => raw.close());
    await establish(raw);
    await waitFor(() => node.connections.length === 1);
    raw.send(new Uint8Array(BATCH_BYTES_MAX));
    await waitFor(() => node.received(node.connections[0]!).length === 1);
    raw.send(new Uint8Array(BATCH_BYTES_MAX + 1));
    assert.equal(await node.closeReason(), 'oversize');
    assert.equal(node.refused('oversize'), 1);
    assert.ok(await stillServes(t, adapter, node));
  });

  test('bytes that are no protocol at all are refused, and the node serves on', async (t) => {
    const node = await TestNode.start(t, adapter, { limits: { handshakeTimeoutMs: 300 } });
    const sockets: Socket[] = [];
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    for (let seed = 1; seed <= 40; seed += 1) {
      const socket = connectTcp({ host: '127.0.0.1', port: node.port });
      socket.on('error', () => undefined).resume();
      socket.write(seededBytes(seed, 1 + ((seed * 311) % 5_000)));
      sockets.push(socket);
    }
    await waitFor(() => sockets.every(({ destroyed }) => destroyed), { message: 'all are closed' });
    assert.equal(node.connections.length, 0);
    assert.equal([...node.transport.stats().refused.values()].reduce((sum, count) => sum + count, 0) >= 40, true);
    assert.ok(await stillServes(t, adapter, node));
  });

  test('who connects and says nothing is cut after the handshake timeout', async (t) => {
    const node = await TestNode.start(t, adapter, { limits: { handshakeTimeoutMs: 200 } });
    const socket = connectTcp({ host: '127.0.0.1', port: node.port });
    t.after(() => socket.destroy());
    await once(socket.resume(), 'close');
    assert.equal(node.refused('handshake_timeout'), 1);
    const raw = await adapter.dialRaw(node.port, 0);
    t.after(() => raw.close());
    await waitFor(() => raw.endedWith !== null);
    assert.equal(node.refused('handshake_timeout'), 2);
    assert.equal(node.transport.stats().handshakes, 0);
  });

  test('a server that accepts and says nothing fails the dial after the handshake timeout', async (t) => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.resume())).listen({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    t.after(() => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    });
    const { port } = server.address() as { port: number };
    const node = await TestNode.start(t, adapter, { listens: false, limits: { handshakeTimeoutMs: 200 } });
    node.transport.dial(`${adapter.plainScheme}://127.0.0.1:${port}`, 0);
    assert.equal(await node.dialFailure(), 'handshake_timeout');
    assert.equal(node.dialFailures.length, 1);
  });

  test('an address that is none, or nobody, fails the dial at once', async (t) => {
    const node = await TestNode.start(t, adapter, { listens: false });
    const { plainScheme } = adapter;
    const silent = await TestNode.start(t, adapter);
    await silent.transport.close();
    for (const address of ['', 'nonsense', `${plainScheme}://`, `${plainScheme}://host:1/path`, 'http://127.0.0.1:80'])
      node.transport.dial(address, 0);
    node.transport.dial(silent.address, 16);
    node.transport.dial(silent.address, 0);
    await waitFor(() => node.dialFailures.length === 7);
    assert.equal(node.dialFailures.filter(({ error }) => error.reason === 'bad_protocol').length, 6);
    assert.equal(node.dialFailures.filter(({ error }) => error.reason === 'unreachable').length, 1);
  });

  test('without certificates a node listens on loopback only', async () => {
    const node = new TestNode(adapter, {});
    const { plainScheme } = adapter;
    const open = adapter.create(
      {
        key: node.key,
        incarnation: 1,
        link: LINK_OFFER,
        listens: [`${plainScheme}://0.0.0.0:0`],
        credentials: null,
        isRevoked: () => false,
        now: Date.now,
        limits: (await import('../../../src/transport/index.ts')).DEFAULT_TRANSPORT_LIMITS,
      },
      { onConnection() {}, onBatch() {}, onClosed() {}, onDialFailed() {} },
    );
    await assert.rejects(open.listen(), /loopback only/);
    await open.close();
    await node.transport.close();
  });

  test('the handshake of one peer is not disturbed by a thousand that try at once', async (t) => {
    const limits = {
      attemptsPerSecondPerAddress: 50,
      attemptsPerSecond: 2_000,
      handshakesMax: 64,
      handshakesMaxPerAddress: 32,
      handshakeTimeoutMs: 1_000,
    };
    const node = await TestNode.start(t, adapter, { limits });
    const friend = await TestNode.start(t, adapter, { listens: false });
    const [there, here] = await connect(friend, node);
    const sockets = Array.from({ length: 1_000 }, () => {
      const socket = connectTcp({ host: '127.0.0.1', port: node.port, localAddress: '127.0.0.9' });
      socket.on('error', () => undefined).resume();
      return socket;
    });
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    there.send(Buffer.from('in the middle of it'));
    const late = await TestNode.start(t, adapter, { listens: false });
    await connect(late, node, 1);
    await waitFor(() => sockets.every(({ destroyed }) => destroyed), { message: 'all thousand are closed' });
    assert.equal(node.received(here).length, 1);
    const { refused, handshakes } = node.transport.stats();
    assert.ok((refused.get('rate_limited') ?? 0) >= 800, `${refused.get('rate_limited')} were over the rate`);
    assert.equal(handshakes, 0);
    assert.equal(node.closed.length, 0);
  });
}
