import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestMesh } from '../harness/mesh.ts';
import { Observer } from '../harness/observer.ts';

test('an observer that stood still accuses nobody when it goes on', () => {
  for (const stallMs of [300, 1_000, 2_900, 30_000]) {
    const mesh = new TestMesh();
    mesh.form(12);
    mesh.stall('n4', stallMs);
    mesh.run(stallMs + 30_000);
    const accused = mesh.allEvents('member_suspected').filter((event) => 'by' in event && event.by === 'n4');
    assert.deepEqual(accused, [], `after ${stallMs} ms`);
    assert.equal(mesh.events('n4', 'observer_stalled').length > 0, true);
  }
});

test('a pause shorter than a suspicion costs nobody the membership', () => {
  const mesh = new TestMesh();
  mesh.form(12);
  for (let round = 0; round < 20; round += 1) {
    mesh.stall(`n${round % 12}`, 900);
    mesh.run(4_000);
  }
  assert.deepEqual(mesh.allEvents('member_failed'), []);
});

test('a node that was stopped for longer is failed, and is back without help when it goes on', () => {
  const mesh = new TestMesh();
  const cores = mesh.form(12);
  mesh.stall('n4', 20_000);
  mesh.run(19_000);
  assert.equal(mesh.core('n0').get('n4')?.state, 'failed');
  mesh.run(1_000);
  const tookMs = mesh.runUntil(() => new Set(cores.map(({ viewDigest }) => viewDigest)).size === 1, 30_000);
  assert.ok(tookMs < 10_000, `${tookMs}`);
  assert.equal(mesh.core('n0').get('n4')?.state, 'alive');
});

test('probes and suspicions under way get the time of a stall on top', () => {
  const observer = new Observer(['a', 'b', 'c', 'd']);
  observer.gossip('b', { kind: 'suspect', incarnation: 0, id: 'a', by: 'b' });
  observer.run(600, observer.answerAll());
  observer.nowMs += 60_000;
  observer.call((core) => core.tick(observer.nowMs));
  assert.equal(observer.core.get('a')?.state, 'suspect');
  for (const peer of ['b', 'c', 'd']) assert.equal(observer.core.get(peer)?.state, 'alive');
  assert.equal(observer.core.counters.stalls, 1);
});
