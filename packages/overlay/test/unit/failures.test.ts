import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrafficClass } from '@peermesh/link';
import { Channel } from '../../src/index.ts';
import { SmallMesh } from '../fixtures/small-mesh.ts';

const RELIABLE = { trafficClass: TrafficClass.priority, isReliable: true };
const NAMES = ['a', 'b', 'c', 'd'];

/** A square a-b-d, a-c-d: two ways between a and d. */
function square(): SmallMesh {
  const mesh = new SmallMesh({
    names: NAMES,
    apart: [
      ['a', 'd'],
      ['b', 'c'],
    ],
  });
  mesh.commit();
  mesh.until('they have routes', () => mesh.isConverged());
  mesh.run(2_000);
  return mesh;
}

/** Sends one numbered message each millisecond while `during` is true. */
function stream(mesh: SmallMesh, count: number, at: number, disturb: () => void): void {
  const { overlay } = mesh.node('a');
  for (let i = 0; i < count; i += 1) {
    if (i === at) disturb();
    const result = overlay.send(4, Channel.data, Buffer.from(`${i}`), RELIABLE, mesh.nowMs);
    assert.equal(result, 'accepted');
    mesh.run(1);
  }
}

function received(mesh: SmallMesh, name: string): number[] {
  return mesh.node(name).deliveries.map(({ bytes }) => Number(Buffer.from(bytes).toString()));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test('a cut link loses, repeats and reorders nothing, and traffic goes on within 350 ms', () => {
  const mesh = square();
  const first =
    mesh.node('b').overlay.counters.transitFrames > mesh.node('c').overlay.counters.transitFrames ? 'b' : 'c';
  let cutAtMs = 0;
  stream(mesh, 100, 50, () => {});
  const used = ['b', 'c'].find((name) => mesh.node(name).overlay.counters.transitFrames > 50) ?? first;
  mesh.cut('a', used);
  cutAtMs = mesh.nowMs;
  const before = received(mesh, 'd').length;
  mesh.node('a').overlay.send(4, Channel.data, Buffer.from('100'), RELIABLE, mesh.nowMs);
  mesh.until('traffic flows again', () => received(mesh, 'd').length > Math.max(before, 100));
  assert.ok(mesh.nowMs - cutAtMs <= 350, `${mesh.nowMs - cutAtMs} ms`);
  assert.deepEqual(received(mesh, 'd'), upTo(101));
});

test('a relay that dies takes nothing with it that was accepted', () => {
  const mesh = square();
  stream(mesh, 1_500, 300, () => mesh.kill('b'));
  mesh.restart('b');
  mesh.run(3_000);
  stream(mesh, 1, 0, () => mesh.kill('c'));
  mesh.until('the rest arrives', () => received(mesh, 'd').length >= 1_501);
  assert.deepEqual(received(mesh, 'd').slice(0, 1_500), upTo(1_500));
});

test('a restarted receiver gets what it had not acknowledged, in order', () => {
  const mesh = square();
  stream(mesh, 50, 0, () => {});
  mesh.kill('d');
  mesh.run(5_000);
  for (let i = 50; i < 100; i += 1)
    mesh.node('a').overlay.send(4, Channel.data, Buffer.from(`${i}`), RELIABLE, mesh.nowMs);
  mesh.restart('d');
  mesh.until('it has all', () => received(mesh, 'd').at(-1) === 99);
  assert.deepEqual(received(mesh, 'd').slice(-50), upTo(100).slice(50));
});

test('a restarted sender is not confused with its earlier life', () => {
  const mesh = square();
  stream(mesh, 50, 0, () => {});
  mesh.until('all arrived', () => received(mesh, 'd').length === 50);
  mesh.kill('a');
  mesh.run(1_000);
  mesh.restart('a');
  mesh.until('they have routes', () => mesh.isConverged());
  stream(mesh, 20, 0, () => {});
  mesh.until('all arrived', () => received(mesh, 'd').length === 70);
  assert.deepEqual(received(mesh, 'd').slice(50), upTo(20));
});

test('an evicted node reaches nobody and is reached by nobody', () => {
  const mesh = square();
  mesh.commit(['a', 'c', 'd']);
  mesh.run(100);
  const { overlay, nodeId } = mesh.node('b');
  assert.equal(overlay.shortId, 0);
  assert.equal(
    mesh.node('a').overlay.send(2, Channel.data, Buffer.from('x'), RELIABLE, mesh.nowMs),
    'unknown_destination',
  );
  assert.equal(overlay.send(1, Channel.data, Buffer.from('x'), RELIABLE, mesh.nowMs), 'unknown_destination');
  mesh.until(
    'its connections are closed',
    () => !mesh.node('a').overlay.sendToNeighbour(nodeId, Buffer.from('x'), mesh.nowMs),
    60_000,
  );
});

test('a draining node carries nothing of others once the mesh knows', () => {
  const mesh = square();
  for (const name of ['b', 'c']) {
    mesh.node(name).overlay.setDraining(true, mesh.nowMs);
    mesh.run(12_000);
    const before = mesh.node(name).overlay.counters.transitFrames;
    stream(mesh, 100, 0, () => {});
    mesh.run(100);
    assert.equal(mesh.node(name).overlay.counters.transitFrames, before);
    mesh.node(name).overlay.setDraining(false, mesh.nowMs);
    mesh.run(12_000);
  }
});
