import assert from 'node:assert/strict';
import test from 'node:test';
import { BATCH_BYTES_MAX, LANES_MAX } from '@peermesh/link';
import { waitFor } from '@peermesh/testkit';
import { seededBytes } from './random-bytes.ts';
import type { TestMesh } from './test-mesh.ts';
import { createNodeKey } from './test-mesh.ts';
import { connect, TestNode, type TransportAdapter } from './test-node.ts';

/** What holds between two good peers, with and without TLS. */
export function exchangeCases(adapter: TransportAdapter, mesh: () => TestMesh): void {
  for (const isSecure of [false, true]) {
    const kind = isSecure ? 'mutual TLS' : 'plain';
    const pair = async (t: test.TestContext): Promise<[TestNode, TestNode]> => {
      const start = async (): Promise<TestNode> => {
        const key = createNodeKey();
        const credentials = isSecure ? await mesh().credentials(key) : null;
        return TestNode.start(t, adapter, { key, credentials });
      };
      return [await start(), await start()];
    };

    test(`${kind}: batches of all sizes arrive whole and in order, both ways at once`, async (t) => {
      const [a, b] = await pair(t);
      const [there, here] = await connect(a, b);
      const sizes = Array.from({ length: 400 }, (_, i) => (i % 50 === 0 ? BATCH_BYTES_MAX : 24 + ((i * 977) % 9_000)));
      const batches = sizes.map((size, i) => seededBytes(i + 1, size));
      for (const batch of batches) {
        there.send(batch);
        here.send(batch);
      }
      await waitFor(() => a.received(there).length === batches.length && b.received(here).length === batches.length);
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      const counted = { sentBatches: 400, sentBytes: bytes, receivedBatches: 400, receivedBytes: bytes };
      assert.deepEqual([there.traffic, here.traffic], [counted, counted]);
      for (const [i, batch] of batches.entries()) {
        assert.ok(Buffer.from(batch).equals(a.received(there)[i]!), `batch ${i} to the dialler`);
        assert.ok(Buffer.from(batch).equals(b.received(here)[i]!), `batch ${i} to the acceptor`);
      }
    });

    test(`${kind}: both sides know the other by its key and agree on the link`, async (t) => {
      const [a, b] = await pair(t);
      const [there, here] = await connect(a, b, 3);
      assert.deepEqual([there.peer, here.peer], [b.key.nodeId, a.key.nodeId]);
      assert.deepEqual([there.lane, here.lane, there.isDialled, here.isDialled], [3, 3, true, false]);
      assert.deepEqual(there.established.transcript, here.established.transcript);
      assert.equal(there.established.linkEpoch, here.established.linkEpoch);
      assert.equal(there.established.features, here.established.features);
      assert.deepEqual(there.established.remote.creditBytes, here.established.remote.creditBytes);
    });

    test(`${kind}: every lane is a connection of its own, and they do not mix`, async (t) => {
      const [a, b] = await pair(t);
      for (let lane = 0; lane < LANES_MAX; lane += 1) a.transport.dial(b.address, lane, b.key.nodeId);
      await waitFor(() => a.connections.length === LANES_MAX && b.connections.length === LANES_MAX);
      for (const connection of a.connections) connection.send(new Uint8Array(100).fill(connection.lane));
      await waitFor(() => b.connections.every((connection) => b.received(connection).length === 1));
      for (const connection of b.connections)
        assert.deepEqual([...new Set(b.received(connection)[0])], [connection.lane]);
      assert.equal(new Set(b.connections.map(({ lane }) => lane)).size, LANES_MAX);
      assert.equal(new Set(b.connections.map(({ id }) => id)).size, LANES_MAX);
    });

    test(`${kind}: who ends a connection says why, and a new one can follow`, async (t) => {
      const [a, b] = await pair(t);
      const [there, here] = await connect(a, b);
      there.close('lane unwanted');
      there.close('another reason');
      assert.equal(await a.closeReason(), 'lane unwanted');
      assert.equal(await b.closeReason(), 'peer: lane unwanted');
      here.send(Buffer.from('into the void'));
      const [again, hereAgain] = await connect(a, b);
      assert.notEqual(again.id, there.id);
      assert.equal(again.established.linkEpoch, there.established.linkEpoch);
      hereAgain.send(Buffer.from('anew'));
      await waitFor(() => a.received(again).length === 1);
      assert.equal(a.closed.length, 1);
      assert.deepEqual([a.received(there).length, b.received(here).length], [0, 0]);
    });

    test(`${kind}: a transport that is closed tells of each connection, and its port is free`, async (t) => {
      const [a, b] = await pair(t);
      await connect(a, b, 0);
      await connect(b, a, 1);
      await b.transport.close();
      assert.deepEqual(
        b.closed.map(({ reason }) => reason),
        ['shutdown', 'shutdown'],
      );
      await waitFor(() => a.closed.length === 2);
      a.transport.dial(b.address, 0);
      assert.equal(await a.dialFailure(), 'unreachable');
    });

    test(`${kind}: what is sent before a close is not lost by it`, async (t) => {
      const [a, b] = await pair(t);
      const [there, here] = await connect(a, b);
      for (let i = 0; i < 20; i += 1) there.send(seededBytes(i + 1, 1_000));
      await waitFor(() => there.bufferedBytes === 0);
      there.close('done');
      assert.equal(await b.closeReason(), 'peer: done');
      assert.equal(b.received(here).length, 20);
    });
  }
}
