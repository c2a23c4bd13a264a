import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MeshNet } from '../support/mesh-net.ts';

test('a node seeds a mesh alone, and is its first member when that is on the disk', () => {
  const net = new MeshNet(['a']);
  const outcome = net.seed('a');
  assert.deepEqual(outcome.kind === 'done' && outcome.value, 1);
  assert.ok(net.nowMs < 1_200, `it took ${net.nowMs - 1_000} ms`);
  assert.equal(net.node('a').core.phase, 'member');
  assert.deepEqual(net.seed('a'), { kind: 'already-a-member' });
});

test('a founder that crashed before its mesh was durable can begin again', () => {
  const net = new MeshNet(['a']);
  const { core } = net.node('a');
  core.seed({ meshId: 'm', policy: 'OPEN', joinKeys: [] }, net.nowMs);
  net.run(4);
  net.restart('a');
  assert.equal(net.node('a').core.phase, 'idle');
  assert.equal(net.seed('a').kind, 'done');
});

test('a newcomer joins through a member and has the whole state', () => {
  const net = new MeshNet(['a', 'b']);
  net.seed('a');
  const outcome = net.join('b', ['a']);
  assert.deepEqual(outcome.kind === 'done' && outcome.value, 2);
  net.converge();
  net.until('both vote', () => net.voters.length === 2);
  assert.deepEqual([...(net.node('b').core.session?.plane.state.members.keys() ?? [])], [1, 2]);
});

test('five nodes form a mesh of five voters; everybody reaches everybody', () => {
  const net = new MeshNet(['a', 'b', 'c', 'd', 'e']).form();
  net.until('five voters', () => net.voters.length === 5);
  assert.equal(net.members().length, 5);
});

test('a node that accepts no connections joins, and talks to others of its kind through a relay', () => {
  const net = new MeshNet(['a', 'b', 'c'], { closed: ['b', 'c'] }).form();
  const bytes = Uint8Array.of(1, 2, 3);
  const options = { trafficClass: 1, isReliable: true } as const;
  const { core } = net.node('b');
  assert.equal(core.send(net.shortId('c'), 16, bytes, options, net.nowMs), 'accepted');
  net.until('delivery', () => net.node('c').deliveries.length === 1);
  assert.deepEqual([...(net.node('c').deliveries[0]?.bytes ?? [])], [1, 2, 3]);
});

test('who brings the wrong key, or none, is refused with the reason, and joins with the right one', () => {
  const net = new MeshNet(['a', 'b']);
  const joinKeys = [{ id: 'k', secret: 'a long secret', expiresAtMs: 0, usesMax: 1 }];
  net.seed('a', { policy: 'KEY_REQUIRED', joinKeys });
  assert.deepEqual(net.join('b', ['a'], { secret: 'another' }), { kind: 'refused', reason: 'key-wrong', value: 0 });
  assert.equal(net.node('b').core.phase, 'idle');
  assert.deepEqual(net.join('b', ['a']), { kind: 'refused', reason: 'key-missing', value: 0 });
  assert.equal(net.join('b', ['a'], { secret: 'a long secret' }).kind, 'done');
});

test('a closed mesh refuses whoever is not on its list', () => {
  const net = new MeshNet(['a', 'b']);
  net.seed('a', { policy: 'CLOSED' });
  assert.deepEqual(net.join('b', ['a']), { kind: 'refused', reason: 'mesh-closed', value: 0 });
  const { nodeId } = net.node('b');
  net.settle('a', (core, nowMs) =>
    core.command({ kind: 'list', nodeId, isListed: true, note: '' }, { operator: 'op' }, nowMs),
  );
  assert.equal(net.join('b', ['a']).kind, 'done');
});

test('the id of another mesh is refused', () => {
  const net = new MeshNet(['a', 'b']);
  net.seed('a');
  assert.deepEqual(net.join('b', ['a'], { meshId: 'x' }), { kind: 'refused', reason: 'wrong-mesh', value: 0 });
});

test('a join that reaches nobody is over in time, and can be tried again', () => {
  const net = new MeshNet(['a', 'b']);
  net.seed('a');
  net.cut('a', 'b');
  assert.deepEqual(net.join('b', ['a'], { timeoutMs: 3_000 }), { kind: 'timed-out' });
  net.heal();
  assert.equal(net.join('b', ['a']).kind, 'done');
});

test('a node that belongs to no mesh refuses operations and connections', () => {
  const net = new MeshNet(['a', 'b']);
  assert.deepEqual(
    net.settle('a', (core, nowMs) => core.leave({}, nowMs)),
    { kind: 'not-a-member' },
  );
  assert.deepEqual(
    net.settle('a', (core, nowMs) => core.read(100, nowMs)),
    { kind: 'not-a-member' },
  );
  assert.deepEqual(net.join('b', ['a'], { timeoutMs: 2_000 }), { kind: 'timed-out' });
});
