import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrafficClass } from '@peermesh/link';
import { Channel, type MeshOfferRefusal, type MeshRouteOffer } from '../../src/index.ts';
import { SmallMesh, seeded } from '../fixtures/small-mesh.ts';

const RELIABLE = { trafficClass: TrafficClass.priority, isReliable: true };
const NAMES = ['a', 'b', 'c', 'd'];
const [A, B, C, D] = [1, 2, 3, 4] as const;

/** A square a-b-d, a-c-d: two ways between a and d. */
function square(): SmallMesh {
  const apart = [
    ['a', 'd'],
    ['b', 'c'],
  ] as const;
  const mesh = new SmallMesh({ names: NAMES, apart });
  mesh.commit();
  mesh.until('they have routes', () => mesh.isConverged());
  mesh.run(2_000);
  return mesh;
}

function offer(mesh: SmallMesh, paths: readonly (readonly number[])[], changes: Partial<MeshRouteOffer> = {}) {
  const { nodeId, overlay } = mesh.node('a');
  const routes = [{ destination: D, paths: paths.map((segments) => ({ segments, share: 64 })) }];
  const complete: MeshRouteOffer = {
    meshId: 'test',
    nodeId,
    source: A,
    tag: `at ${mesh.nowMs}`,
    basis: overlay.router!.versions(),
    validForMs: 60_000,
    routes,
    ...changes,
  };
  const refusal: MeshOfferRefusal | undefined = overlay.offerRoutes(complete, mesh.nowMs);
  mesh.run(2);
  return refusal;
}

/** Sends one numbered message each millisecond. */
function stream(mesh: SmallMesh, from: number, count: number): void {
  for (let number = from; number < from + count; number += 1) {
    const bytes = Buffer.from(`${number}`);
    assert.equal(mesh.node('a').overlay.send(D, Channel.data, bytes, RELIABLE, mesh.nowMs), 'accepted');
    mesh.run(1);
  }
}

function received(mesh: SmallMesh): number[] {
  return mesh.node('d').deliveries.map(({ bytes }) => Number(Buffer.from(bytes).toString()));
}

function carried(mesh: SmallMesh, name: string): number {
  return mesh.node(name).overlay.counters.transitFrames;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

test('traffic takes the offered way, and a relay of it that dies costs no more than on an own one', () => {
  const mesh = square();
  for (const [name, relay, from] of [
    ['b', B, 0],
    ['c', C, 100],
  ] as const) {
    assert.equal(offer(mesh, [[relay, D]]), undefined);
    const before = carried(mesh, name);
    stream(mesh, from, 100);
    assert.ok(carried(mesh, name) - before >= 95, `${name} carries what its offer says`);
  }
  mesh.cut('a', 'c');
  const cutAtMs = mesh.nowMs;
  stream(mesh, 200, 1);
  mesh.until('traffic flows again', () => received(mesh).length >= 201);
  assert.ok(mesh.nowMs - cutAtMs <= 350, `${mesh.nowMs - cutAtMs} ms`);
  assert.equal(mesh.node('a').overlay.router!.offers.isInstalled(D), false);
  assert.deepEqual(received(mesh), upTo(201));
});

test('an offer for another mesh, another key or another number, or to a node that is no member, is refused', () => {
  const mesh = square();
  assert.equal(offer(mesh, [[C, D]], { meshId: 'other' }), 'other-mesh');
  assert.equal(offer(mesh, [[C, D]], { nodeId: mesh.node('b').nodeId }), 'other-key');
  assert.equal(offer(mesh, [[C, D]], { source: B }), 'wrong-node');
  assert.equal(mesh.node('a').overlay.router!.offers.inUse, null);
  mesh.commit(['b', 'c', 'd']);
  const { overlay, nodeId } = mesh.node('a');
  const empty = { meshId: 'test', nodeId, source: A, tag: '', basis: [], validForMs: 1, routes: [] };
  assert.equal(overlay.offerRoutes(empty, mesh.nowMs), 'not-a-member');
});

test('nothing that was accepted is lost, repeated or reordered whatever is offered while links come and go', () => {
  const mesh = square();
  const random = seeded(7);
  const node = (): number => Math.floor(random() * 6);
  let sent = 0;
  for (let round = 0; round < 60; round += 1) {
    const good = [
      [B, D],
      [C, D],
    ][Math.floor(random() * 2)]!;
    const paths = Array.from({ length: 3 }, () => (random() < 0.4 ? good : [node(), node(), D]));
    offer(mesh, paths, { tag: `${round}` });
    if (random() < 0.2) mesh.cut('a', random() < 0.5 ? 'b' : 'c');
    if (random() < 0.4) for (const name of ['b', 'c']) mesh.mend('a', name);
    stream(mesh, sent, 20);
    sent += 20;
    mesh.run(Math.floor(random() * 200));
  }
  for (const name of ['b', 'c']) mesh.mend('a', name);
  mesh.until('all arrive', () => received(mesh).length >= sent, 60_000);
  assert.deepEqual(received(mesh), upTo(sent));
  for (const name of NAMES) {
    const { counters } = mesh.node(name).overlay;
    assert.deepEqual([counters.dropped('ttl'), counters.dropped('bad_route')], [0, 0]);
  }
});
