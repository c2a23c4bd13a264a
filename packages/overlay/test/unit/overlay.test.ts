import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrafficClass } from '@peermesh/link';
import { Channel } from '../../src/index.ts';
import { SmallMesh } from '../fixtures/small-mesh.ts';

const RELIABLE = { trafficClass: TrafficClass.priority, isReliable: true };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('two nodes connect by a seed address, become members and exchange messages', () => {
  const mesh = new SmallMesh({ names: ['a', 'b'] });
  const [a, b] = [mesh.node('a'), mesh.node('b')];
  b.overlay.setSeeds([a.address], mesh.nowMs);
  mesh.until('they talk as strangers', () => b.overlay.sendToNeighbour(a.nodeId, Buffer.from('let me in'), mesh.nowMs));
  mesh.until('the request is there', () => a.neighbourMessages.length === 1);
  assert.equal(a.neighbourMessages[0]?.peer, b.nodeId);
  assert.equal(a.overlay.send(2, Channel.data, Buffer.from('x'), RELIABLE, mesh.nowMs), 'unknown_destination');
  mesh.commit();
  mesh.until('they have routes', () => mesh.isConverged());
  assert.equal(a.overlay.send(2, Channel.data, Buffer.from('hello'), RELIABLE, mesh.nowMs), 'accepted');
  mesh.until('it arrives', () => b.deliveries.length === 1);
  assert.deepEqual(
    [b.deliveries[0]?.src, b.deliveries[0]?.channel, text(b.deliveries[0]!.bytes)],
    [1, Channel.data, 'hello'],
  );
});

test('a pair that cannot talk directly goes through a relay', () => {
  const mesh = new SmallMesh({ names: ['a', 'relay', 'c'], closed: ['a', 'c'] });
  mesh.commit();
  mesh.until('they have routes', () => mesh.isConverged());
  const [a, relay, c] = [mesh.node('a'), mesh.node('relay'), mesh.node('c')];
  const before = relay.overlay.counters.transitFrames;
  for (let i = 0; i < 100; i += 1) a.overlay.send(3, Channel.data, Buffer.from(`m${i}`), RELIABLE, mesh.nowMs);
  mesh.until('all arrive', () => c.deliveries.length === 100);
  assert.deepEqual(
    c.deliveries.map(({ bytes }) => text(bytes)),
    Array.from({ length: 100 }, (_, i) => `m${i}`),
  );
  assert.ok(relay.overlay.counters.transitFrames - before >= 100);
});

test('a message larger than a frame, and larger than the window, arrives whole', () => {
  const mesh = new SmallMesh({ names: ['a', 'relay', 'c'], closed: ['a', 'c'] });
  mesh.commit();
  mesh.until('they have routes', () => mesh.isConverged());
  const [a, c] = [mesh.node('a'), mesh.node('c')];
  const message = Buffer.alloc(3_000_000, 'peermesh');
  assert.equal(
    a.overlay.send(3, Channel.data, message, { trafficClass: TrafficClass.bulk, isReliable: true }, mesh.nowMs),
    'accepted',
  );
  mesh.until('it arrives', () => c.deliveries.length === 1);
  assert.ok(message.equals(c.deliveries[0]!.bytes));
});
