import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrafficClass } from '@peermesh/link';
import { type BestEffortOverflow, Channel, DEFAULT_OVERLAY } from '../../src/index.ts';
import { SmallMesh } from '../fixtures/small-mesh.ts';

const KIB = 1024;
const BEST_EFFORT = { trafficClass: TrafficClass.bulk, isReliable: false };

/** A relay whose way on takes nothing for a while; what it dropped by reason, and of how many flows. */
function congest(bestEffortOverflow: BestEffortOverflow): { displaced: number; congested: number; flows: number } {
  const link = { ...DEFAULT_OVERLAY.link, flowQueueBytesMax: 128 * KIB, queueBytesMax: 512 * KIB };
  const config = { bestEffortOverflow, link };
  const mesh = new SmallMesh({ names: ['a', 'relay', 'c'], closed: ['a', 'c'], config });
  mesh.commit();
  mesh.until('they have routes', () => mesh.isConverged());
  const [a, relay] = [mesh.node('a'), mesh.node('relay')];
  mesh.cutOneWay('relay', 'c');
  for (let ms = 0; ms < 100; ms += 1) {
    for (let i = 0; i < 20; i += 1) a.overlay.send(3, Channel.data, new Uint8Array(KIB), BEST_EFFORT, mesh.nowMs);
    mesh.run(1);
  }
  const { counters } = relay.overlay;
  const flows = new Set(counters.drops().map(({ flow }) => flow)).size;
  return { displaced: counters.dropped('displaced'), congested: counters.dropped('congested'), flows };
}

test('a relay without room drops the oldest best-effort frames of others, and counts them by flow', () => {
  const { displaced, congested, flows } = congest('drop-oldest');
  assert.ok(displaced > 100, `${displaced} were displaced`);
  assert.deepEqual([congested, flows], [0, 1]);
});

test('or the newest, if that is its policy', () => {
  const { displaced, congested, flows } = congest('drop-newest');
  assert.ok(congested > 100, `${congested} found no room`);
  assert.deepEqual([displaced, flows], [0, 1]);
});

test('a source whose own link has no room is told to wait, and nothing is counted as dropped', () => {
  const link = { ...DEFAULT_OVERLAY.link, flowQueueBytesMax: 128 * KIB, queueBytesMax: 256 * KIB };
  const mesh = new SmallMesh({ names: ['a', 'b'], config: { link } });
  mesh.commit();
  mesh.until('they have routes', () => mesh.isConverged());
  const a = mesh.node('a');
  const answers = new Set<string>();
  for (let i = 0; i < 2_000; i += 1)
    answers.add(a.overlay.send(2, Channel.data, new Uint8Array(KIB), BEST_EFFORT, mesh.nowMs));
  assert.deepEqual([...answers], ['accepted', 'congested']);
  assert.equal(a.overlay.counters.dropped('congested'), 0);
});
