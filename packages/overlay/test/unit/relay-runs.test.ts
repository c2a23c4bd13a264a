import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrafficClass } from '@peermesh/link';
import { PartMemory } from '../../src/flows/part-memory.ts';
import { Channel, DEFAULT_OVERLAY } from '../../src/index.ts';
import { SmallMesh } from '../fixtures/small-mesh.ts';

const KIB = 1024;
const RELIABLE = { trafficClass: TrafficClass.priority, isReliable: true };
const numberOf = (bytes: Uint8Array): number => Buffer.from(bytes).readUInt32LE();

function message(number: number, length: number): Buffer {
  const bytes = Buffer.alloc(length, number & 0xff);
  bytes.writeUInt32LE(number);
  return bytes;
}

test('frames of one batch for several nodes, of several classes and sizes, arrive in order; what was passed on whole is spent', () => {
  const mesh = new SmallMesh({ names: ['a', 'relay', 'c', 'd'], closed: ['a', 'c', 'd'] });
  mesh.commit();
  mesh.until('they have routes', () => mesh.isConverged());
  const [a, relay, c, d] = ['a', 'relay', 'c', 'd'].map((name) => mesh.node(name));
  const spentBefore = relay!.spent;
  const sizes = [4, 100, 2_000, 9_000];
  const sent = new Map([3, 4].map((to) => [to, [] as number[]]));
  for (let i = 0; i < 400; i += 1) {
    // Runs of one destination, then strict alternation.
    const to = i < 200 ? 3 + (Math.floor(i / 20) % 2) : 3 + (i % 2);
    const bytes = message(i, sizes[i % sizes.length]!);
    if (a!.overlay.send(to, Channel.data, bytes, RELIABLE, mesh.nowMs) === 'accepted') sent.get(to)!.push(i);
    if (i % 50 === 0) mesh.run(2);
  }
  mesh.until('all arrive', () => c!.deliveries.length + d!.deliveries.length === 400);
  for (const [to, node] of [
    [3, c!],
    [4, d!],
  ] as const) {
    assert.deepEqual(
      node.deliveries.map(({ bytes }) => numberOf(bytes)),
      sent.get(to),
    );
    for (const { bytes } of node.deliveries)
      assert.ok(
        Buffer.from(bytes).equals(message(numberOf(bytes), bytes.length)),
        'a delivered message was written over',
      );
  }
  assert.ok(relay!.spent > spentBefore, 'the relay gives its batches back');
});

test('a run that finds no room waits frame by frame, keeps its credit, and all of it arrives once and in order', () => {
  const link = { ...DEFAULT_OVERLAY.link, flowQueueBytesMax: 64 * KIB, queueBytesMax: 128 * KIB };
  const mesh = new SmallMesh({
    names: ['a', 'relay', 'c'],
    closed: ['a', 'c'],
    config: { link },
    bytesPerMs: 200,
  });
  mesh.commit();
  mesh.until('they have routes', () => mesh.isConverged());
  const [a, relay, c] = ['a', 'relay', 'c'].map((name) => mesh.node(name));
  mesh.cuts.add('c relay').add('relay c');
  for (let i = 0; i < 600; i += 1) a!.overlay.send(3, Channel.data, message(i, 1_000), RELIABLE, mesh.nowMs);
  mesh.run(200);
  mesh.cuts.clear();
  mesh.until('all arrive', () => c!.deliveries.length === 600, 120_000);
  assert.deepEqual(
    c!.deliveries.map(({ bytes }) => numberOf(bytes)),
    Array.from({ length: 600 }, (_, i) => i),
  );
  mesh.run(8_000);
  assert.ok(relay!.overlay.counters.parkedFrames > 0, 'frames waited for room');
  assert.deepEqual(
    relay!.overlay.links().map(({ parkedBytes, stats }) => [parkedBytes, ...stats.unreleasedBytes]),
    [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ],
  );
});

test('memory of parts is used again only when every part in it is done with', () => {
  const memory = new PartMemory();
  const live: { slab: Uint8Array; at: number; length: number; mark: number }[] = [];
  let held = 0;
  const slabs = new Set<Uint8Array>();
  let state = 7;
  const random = (): number => (state = (state * 48_271) % 0x7fff_ffff) / 0x7fff_ffff;
  for (let step = 0; step < 20_000; step += 1) {
    if (live.length === 0 || (random() < 0.52 && held < 500 * KIB)) {
      const length = 8 + Math.floor(random() * (step % 50 === 0 ? 32_000 : 600));
      const at = memory.reserve(length, held);
      memory.slab.fill(step & 0xff, at, at + length);
      slabs.add(memory.slab);
      live.push({ slab: memory.slab, at, length, mark: step & 0xff });
      held += length;
    } else {
      const { slab, at, length, mark } = live.shift()!;
      assert.ok(
        slab.subarray(at, at + length).every((byte) => byte === mark),
        'a part was written over',
      );
      memory.release(slab);
      held -= length;
      if (live.length === 0) memory.clear();
    }
  }
  assert.ok(slabs.size < 400, `${slabs.size} slabs for 3 MB of parts`);
});
