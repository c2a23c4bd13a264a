import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinKeyHash } from '@peermesh/replication';
import { admission, introduction, meshOf, TestGroup } from '../support/commands.ts';

const DONE = (value: number) => ({ isDone: true, value });
const REFUSED = (reason: string, value = 0) => ({ isDone: false, reason, value });

test('the founder is member 1, and a mesh is created once', () => {
  const mesh = meshOf('OPEN');
  assert.equal(mesh.group.state.members.get(1)?.nodeId, 'key-a');
  const again = {
    kind: 'create',
    meshId: 'x',
    policy: 'OPEN',
    nodeId: 'key-b',
    founder: introduction('b'),
    joinKeys: [],
  } as const;
  assert.deepEqual(mesh.run(again).result, REFUSED('mesh-exists'));
});

test('nothing can be done before the mesh is created', () => {
  assert.deepEqual(new TestGroup().run(admission('b')).result, REFUSED('no-mesh'));
});

test('the same key on the same disk keeps its short id', () => {
  const mesh = meshOf('OPEN', ['b']);
  assert.deepEqual(mesh.run(admission('b', { address: 'new.test:1' })).result, DONE(2));
  assert.equal(mesh.group.state.members.get(2)?.address, 'new.test:1');
});

test('the same key on another disk gets a new short id and the old one is gone', () => {
  const mesh = meshOf('OPEN', ['b']);
  const { result, changes } = mesh.run(admission('b', { volumeId: 'fresh' }));
  assert.deepEqual(result, DONE(3));
  assert.deepEqual(
    changes.map(({ kind }) => kind),
    ['member-removed', 'member-admitted'],
  );
  assert.deepEqual(
    mesh.group.state.former.map(({ shortId, why }) => [shortId, why]),
    [[2, 'replaced']],
  );
  assert.deepEqual([...mesh.group.state.members.keys()], [1, 3]);
});

test('a disk or a name of another member is an identity conflict', () => {
  const mesh = meshOf('OPEN', ['b']);
  assert.deepEqual(mesh.run(admission('c', { volumeId: 'volume-b' })).result, REFUSED('volume-taken'));
  assert.deepEqual(mesh.run(admission('c', { name: 'b' })).result, REFUSED('name-taken'));
});

test('a short id is never given twice', () => {
  const mesh = meshOf('OPEN', ['b']);
  mesh.run({ kind: 'leave', shortId: 2 }, { actor: 2 });
  assert.deepEqual(mesh.run(admission('b')).result, DONE(3));
});

test('a mesh of another id lets nobody in', () => {
  const mesh = meshOf('OPEN');
  assert.deepEqual(mesh.run({ ...admission('b'), meshId: 'x' } as never).result, REFUSED('wrong-mesh'));
});

test('a closed mesh lets in who is on its list', () => {
  const mesh = meshOf('CLOSED');
  assert.deepEqual(mesh.run(admission('b')).result, REFUSED('mesh-closed'));
  mesh.run({ kind: 'list', nodeId: 'key-b', isListed: true, note: 'site 2' });
  assert.deepEqual(mesh.run(admission('b')).result, DONE(2));
  mesh.run({ kind: 'list', nodeId: 'key-b', isListed: false, note: '' });
  assert.deepEqual(mesh.run(admission('b')).result, DONE(2), 'members stay members');
});

test('a join key lets in as often as it may and until it expires', () => {
  const mesh = meshOf('KEY_REQUIRED');
  const hash = joinKeyHash('m', 'secret');
  mesh.run({ kind: 'addJoinKey', key: { id: 'k', hash, expiresAtMs: 5_000, usesMax: 1 } });
  assert.deepEqual(mesh.run(admission('b')).result, REFUSED('key-missing'));
  assert.deepEqual(mesh.run(admission('b', {}, joinKeyHash('m', 'other'))).result, REFUSED('key-wrong'));
  assert.deepEqual(mesh.run(admission('b', {}, hash)).result, DONE(2));
  assert.deepEqual(mesh.run(admission('b', {}, '')).result, DONE(2), 'a member needs no key to come back');
  assert.deepEqual(mesh.run(admission('c', {}, hash)).result, REFUSED('key-used-up'));
  mesh.run({ kind: 'addJoinKey', key: { id: 'k', hash, expiresAtMs: 5_000, usesMax: 0 } });
  assert.deepEqual(mesh.run(admission('c', {}, hash), { atMs: 5_000 }).result, REFUSED('key-expired'));
  assert.deepEqual(
    mesh.run(admission('c', {}, hash), { atMs: 10 }).result,
    REFUSED('key-expired'),
    'clocks do not go back',
  );
});

test('a withdrawn join key is wrong', () => {
  const mesh = meshOf('KEY_REQUIRED');
  const hash = joinKeyHash('m', 'secret');
  mesh.run({ kind: 'addJoinKey', key: { id: 'k', hash, expiresAtMs: 0, usesMax: 0 } });
  mesh.run({ kind: 'removeJoinKey', id: 'k' });
  assert.deepEqual(mesh.run(admission('b', {}, hash)).result, REFUSED('key-wrong'));
  assert.deepEqual(mesh.run({ kind: 'removeJoinKey', id: 'k' }).result, REFUSED('unknown-key'));
});

test('the evicted stay out until an operator lets them in, the revoked for good', () => {
  const mesh = meshOf('OPEN', ['b', 'c']);
  mesh.run({ kind: 'evict', shortId: 2, note: 'noisy' }, { operator: 'op' });
  assert.deepEqual(mesh.run(admission('b')).result, REFUSED('evicted'));
  mesh.run({ kind: 'readmit', nodeId: 'key-b' }, { operator: 'op' });
  assert.deepEqual(mesh.run(admission('b')).result, DONE(4));
  mesh.run({ kind: 'revokeIdentity', nodeId: 'key-c', note: 'stolen' }, { operator: 'op' });
  assert.deepEqual(mesh.run({ kind: 'readmit', nodeId: 'key-c' }, { operator: 'op' }).result, REFUSED('unknown-node'));
  assert.deepEqual(mesh.run(admission('c')).result, REFUSED('revoked'));
});
