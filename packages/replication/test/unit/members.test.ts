import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admission, meshOf } from '../support/commands.ts';

const DONE = (value = 0) => ({ isDone: true, value });
const REFUSED = (reason: string, value = 0) => ({ isDone: false, reason, value });

test('a node takes itself out, an operator anybody, another node nobody', () => {
  const mesh = meshOf('OPEN', ['b', 'c']);
  assert.deepEqual(mesh.run({ kind: 'leave', shortId: 3 }, { actor: 2 }).result, REFUSED('not-permitted'));
  assert.deepEqual(mesh.run({ kind: 'leave', shortId: 3 }, { actor: 3 }).result, DONE());
  assert.deepEqual(mesh.run({ kind: 'leave', shortId: 2 }, { operator: 'op' }).result, DONE());
  assert.deepEqual(mesh.run({ kind: 'leave', shortId: 1 }).result, REFUSED('last-member'));
});

test('a member that was removed can ask for nothing', () => {
  const mesh = meshOf('OPEN', ['b']);
  mesh.run({ kind: 'evict', shortId: 2, note: '' }, { operator: 'op' });
  assert.deepEqual(mesh.run({ kind: 'evict', shortId: 1, note: '' }, { actor: 2 }).result, REFUSED('not-permitted'));
});

test('a critical mesh only evicts, and only with an override that is kept', () => {
  const mesh = meshOf('OPEN', ['b']);
  const critical = { health: 'CRITICAL', operator: 'op' } as const;
  assert.deepEqual(mesh.run(admission('c'), critical).result, REFUSED('mesh-critical'));
  assert.deepEqual(mesh.run({ kind: 'evict', shortId: 2, note: '' }, critical).result, REFUSED('override-needed'));
  const overridden = { ...critical, override: 'the site burnt down' };
  assert.deepEqual(mesh.run(admission('c'), overridden).result, REFUSED('mesh-critical'));
  const { result, changes } = mesh.run({ kind: 'evict', shortId: 2, note: '' }, overridden);
  assert.deepEqual(result, DONE());
  assert.deepEqual(changes.at(-1), {
    kind: 'rule-overridden',
    actor: 1,
    operator: 'op',
    override: 'the site burnt down',
  });
  assert.deepEqual(
    mesh.group.state.overrides.map(({ what, override }) => [what, override]),
    [['evict 2', 'the site burnt down']],
  );
});

test('a member that comes back is let in while the mesh is critical, as it may be the one that is missed', () => {
  const mesh = meshOf('OPEN', ['b']);
  const critical = { health: 'CRITICAL', operator: 'op', override: 'by hand' } as const;
  assert.deepEqual(mesh.run(admission('b'), critical).result, DONE(2));
  assert.deepEqual(mesh.run(admission('b', { volumeId: 'another' }), critical).result, REFUSED('mesh-critical'));
  assert.equal(mesh.group.state.overrides.length, 0);
});

test('an override without an operator overrides nothing', () => {
  const mesh = meshOf('OPEN', ['b']);
  const { result } = mesh.run({ kind: 'evict', shortId: 2, note: '' }, { health: 'CRITICAL', override: 'because' });
  assert.deepEqual(result, REFUSED('override-needed'));
});

test('a certificate is rotated by whoever knows the present version, and not to a revoked one', () => {
  const mesh = meshOf('OPEN', ['b']);
  const rotate = (certificate: string, expectedVersion: number) =>
    mesh.run({ kind: 'rotateCertificate', shortId: 2, certificate, expectedVersion }, { actor: 2 }).result;
  assert.deepEqual(rotate('c2', 1), DONE(2));
  assert.deepEqual(rotate('c3', 1), REFUSED('version-conflict', 2));
  mesh.run({ kind: 'revokeCertificate', certificate: 'c4', note: '' }, { operator: 'op' });
  assert.deepEqual(rotate('c4', 2), REFUSED('revoked'));
});

test('a setting is changed by whoever knows its version, and a version is never given twice', () => {
  const mesh = meshOf('OPEN');
  const set = (value: string | null, expectedVersion: number) =>
    mesh.run({ kind: 'set', space: 'parameter', key: 'p', value, expectedVersion }).result;
  assert.deepEqual(set('1', 0), DONE(1));
  assert.deepEqual(set('2', 0), REFUSED('version-conflict', 1));
  assert.deepEqual(set('2', 1), DONE(2));
  assert.deepEqual(set(null, 2), DONE());
  assert.deepEqual(set('3', 0), DONE(4));
});

test('a revoked identity is told of, whether or not it is a member, and is out for good', () => {
  const mesh = meshOf('OPEN', ['b']);
  const revoke = (nodeId: string) =>
    mesh.run({ kind: 'revokeIdentity', nodeId, note: 'stolen' }, { operator: 'op' }).changes;
  assert.deepEqual(revoke('key-x'), [{ kind: 'identity-revoked', nodeId: 'key-x', note: 'stolen' }]);
  assert.deepEqual(
    revoke('key-b').map(({ kind }) => kind),
    ['identity-revoked', 'member-removed'],
  );
  assert.deepEqual(mesh.run({ kind: 'readmit', nodeId: 'key-b' }, { operator: 'op' }).result, REFUSED('unknown-node'));
  for (const name of ['x', 'b']) assert.deepEqual(mesh.run(admission(name)).result, REFUSED('revoked'));
});

test('a mesh that is made anew under the same name is another one', () => {
  const [one, other] = [meshOf('OPEN'), meshOf('OPEN')];
  assert.equal(one.group.state.meshId, other.group.state.meshId);
  assert.notEqual(one.group.state.incarnation, '');
  assert.notEqual(one.group.state.incarnation, other.group.state.incarnation);
});

test('a change names the member that asked for it and its operator', () => {
  const mesh = meshOf('OPEN', ['b']);
  const made = mesh.run({ kind: 'list', nodeId: 'key-z', isListed: true, note: '' }, { actor: 2, operator: 'op' });
  assert.deepEqual(made.by, { actor: 2, operator: 'op' });
  assert.deepEqual(made.changes, [{ kind: 'admission-changed', what: 'listed', subject: 'key-z' }]);
});

test('a member with another sealing key loses what was wrapped for the old one', () => {
  const mesh = meshOf('OPEN', ['b']);
  const keys = [1, 2].map((shortId) => ({ shortId, wrapped: new Uint8Array([shortId]) }));
  mesh.run({ kind: 'installKeys', epoch: 1, keys }, { atMs: 5_000 });
  assert.equal(mesh.group.state.keyEpochAtMs, 5_000);
  mesh.run(admission('b'));
  assert.equal(mesh.group.state.wrappedKeys.has(2), true);
  mesh.run(admission('b', { sealingKey: new Uint8Array(32).fill(9) }));
  assert.equal(mesh.group.state.wrappedKeys.has(2), false);
});

test('a removal makes a new key epoch due, which needs a key for each member and nobody else', () => {
  const mesh = meshOf('OPEN', ['b', 'c']);
  const keys = (...ids: number[]) => ids.map((shortId) => ({ shortId, wrapped: new Uint8Array([shortId]) }));
  const install = (epoch: number, ...ids: number[]) =>
    mesh.run({ kind: 'installKeys', epoch, keys: keys(...ids) }).result;
  assert.deepEqual(install(1, 1, 2), REFUSED('keys-incomplete'));
  assert.deepEqual(install(1, 1, 2, 3), DONE(1));
  const { changes } = mesh.run({ kind: 'evict', shortId: 3, note: '' });
  assert.deepEqual(changes.at(-1), { kind: 'keys-due', epoch: 2 });
  assert.equal(mesh.group.state.wrappedKeys.has(3), false);
  assert.deepEqual(install(2, 1, 2, 3), REFUSED('keys-incomplete'));
  assert.deepEqual(install(2, 1, 2), DONE(2));
  assert.equal(mesh.group.state.isKeyEpochDue, false);
  mesh.run(admission('d'));
  const grant = { kind: 'grantKey', shortId: 4, wrapped: new Uint8Array([4]) } as const;
  assert.deepEqual(mesh.run({ ...grant, epoch: 1 }).result, REFUSED('version-conflict', 2));
  assert.deepEqual(mesh.run({ ...grant, epoch: 2 }).result, DONE(2));
});
