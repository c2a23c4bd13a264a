import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MEMBERSHIP_PRESETS } from '../../src/index.ts';
import { TestMesh } from '../harness/mesh.ts';
import { alive, Observer } from '../harness/observer.ts';

test('a farewell reaches everybody, is no failure, and the leaver is not looked for', () => {
  const mesh = new TestMesh();
  mesh.form(12);
  mesh.call('n5', (core) => core.leave(mesh.nowMs));
  mesh.runUntil(() => mesh.events('n5', 'leave_completed').length === 1, MEMBERSHIP_PRESETS.lan.leaveTimeoutMs);
  const others = [...mesh.nodes.keys()].filter((id) => id !== 'n5');
  mesh.runUntil(() => others.every((id) => mesh.core(id).get('n5')?.state === 'left'), 2_000);
  let toLeaver = 0;
  mesh.passes = (_from, to) => {
    if (to === 'n5') toLeaver += 1;
    return true;
  };
  mesh.run(30_000);
  assert.equal(toLeaver, 0);
  assert.deepEqual(mesh.allEvents('member_failed'), []);
  assert.equal(mesh.core('n5').status, 'left');
});

test('a node that has left takes nothing and sends nothing', () => {
  const observer = new Observer(['a']);
  observer.call((core) => core.leave(observer.nowMs));
  observer.run(10_000);
  observer.takeSent();
  observer.step('a', { type: 'ping', sequence: 1, target: 'me', claims: [] });
  observer.run(10_000);
  assert.deepEqual(observer.takeSent(), []);
  assert.equal(observer.core.counters.refused.not_running, 1);
  assert.equal(observer.nextTickAtMs, Number.POSITIVE_INFINITY);
});

test('a lone node leaves at once; leaving twice is leaving once', () => {
  const observer = new Observer([]);
  observer.call((core) => core.leave(0));
  observer.call((core) => core.leave(0));
  assert.deepEqual(observer.typesOfEvents(), ['leave_completed']);
});

test('who left is forgotten after the retention, not before', () => {
  const config = { ...MEMBERSHIP_PRESETS.lan, leftRetentionMs: 60_000 };
  const observer = new Observer(['a', 'b'], { config });
  observer.gossip('b', { kind: 'left', incarnation: 0, id: 'a' });
  observer.run(50_000, observer.answerAll());
  assert.equal(observer.core.get('a')?.state, 'left');
  observer.run(40_000, observer.answerAll());
  assert.equal(observer.core.get('a'), undefined);
});

test('a node that left may come back', () => {
  const mesh = new TestMesh();
  mesh.form(5);
  mesh.call('n4', (core) => core.leave(mesh.nowMs));
  mesh.run(8_000);
  mesh.nodes.delete('n4');
  mesh.add('n4');
  mesh.join('n4', 'n1');
  mesh.runUntil(() => ['n0', 'n1', 'n2', 'n3'].every((id) => mesh.core(id).get('n4')?.state === 'alive'), 10_000);
});

test('a removed member is gone without trace and needs admission again', () => {
  const observer = new Observer(['a', 'b']);
  const digestWithB = new Observer(['b']).core.viewDigest;
  observer.gossip('b', { kind: 'suspect', incarnation: 0, id: 'a', by: 'b' });
  observer.call((core) => core.remove('a'));
  assert.equal(observer.core.get('a'), undefined);
  assert.equal(observer.core.viewDigest, digestWithB);
  observer.step('a', { type: 'gossip', claims: [alive('a', 9)] });
  assert.equal(observer.core.get('a'), undefined);
  observer.run(20_000, observer.answerAll());
  assert.equal(observer.typesOfEvents().includes('member_failed'), false);
});
