import assert from 'node:assert/strict';
import { timingSafeEqual } from 'node:crypto';
import { test } from 'node:test';
import { type Admission, MEMBERSHIP_PRESETS } from '../../src/index.ts';
import { TestMesh } from '../harness/mesh.ts';
import { alive, joinMessage, Observer } from '../harness/observer.ts';

const KEY = Buffer.from('a key of the mesh');
const keyRequired: Admission = {
  policy: 'KEY_REQUIRED',
  checkKey: (credential) => credential.length === KEY.length && timingSafeEqual(credential, KEY),
  isListed: () => false,
};
const closed: Admission = {
  policy: 'CLOSED',
  checkKey: () => true,
  isListed: ({ id, identity }) => identity === `key-${id}` && id !== 'x',
};

function joinReply(observer: Observer): string {
  const [sent] = observer.takeSent();
  if (sent?.message.type === 'join_refused') return sent.message.reason;
  return sent?.message.type ?? 'silence';
}

test('OPEN lets anybody in and hands over the whole view', () => {
  const observer = new Observer(['a', 'b']);
  observer.step('c', joinMessage('c'));
  const [sent] = observer.takeSent();
  assert.equal(sent?.message.type, 'join_accepted');
  const ids = sent?.message.claims.map((claim) => (claim.kind === 'alive' ? claim.record.id : claim.id));
  assert.deepEqual(ids?.sort(), ['a', 'b', 'c', 'me']);
});

test('KEY_REQUIRED lets in who has the key, and says so to who has not', () => {
  const observer = new Observer([], { admission: keyRequired });
  observer.step('a', joinMessage('a', 'key-a', Buffer.from('another key here!')));
  assert.equal(joinReply(observer), 'bad_key');
  assert.equal(observer.core.get('a'), undefined);
  observer.step('a', joinMessage('a', 'key-a', KEY));
  assert.equal(joinReply(observer), 'join_accepted');
});

test('CLOSED lets in who is listed with that identity, at the door and by gossip', () => {
  const observer = new Observer(['a'], { admission: closed });
  observer.step('x', joinMessage('x'));
  assert.equal(joinReply(observer), 'closed');
  observer.step('b', joinMessage('b', 'key-of-a-thief'));
  assert.equal(joinReply(observer), 'closed');
  observer.gossip('a', alive('x', 0), alive('b', 0, 'key-of-a-thief'), alive('c', 0));
  assert.deepEqual(
    observer.core
      .members()
      .map(({ id }) => id)
      .sort(),
    ['a', 'c'],
  );
});

test('a join to another mesh, in the name of another, or without a record is refused', () => {
  const observer = new Observer(['a']);
  observer.step('b', { ...joinMessage('b'), type: 'join', meshId: 'other', credential: KEY });
  assert.equal(joinReply(observer), 'wrong_mesh');
  observer.step('b', joinMessage('c'));
  assert.equal(joinReply(observer), 'silence');
  observer.step('b', { type: 'join', meshId: 'test', credential: KEY, claims: [] });
  assert.equal(joinReply(observer), 'silence');
  assert.equal(observer.core.counters.refused.bad_claim, 2);
  assert.deepEqual(
    observer.core.members().map(({ id }) => id),
    ['a'],
  );
});

test('a join with the id of another key is refused, the id of the seed itself included', () => {
  const observer = new Observer(['a']);
  observer.step('a', joinMessage('a', 'key-thief'));
  assert.equal(joinReply(observer), 'identity_conflict');
  observer.step('me', joinMessage('me', 'key-thief'));
  assert.equal(joinReply(observer), 'identity_conflict');
  assert.equal(observer.core.get('a')?.identity, 'key-a');
});

test('a full mesh refuses newcomers but not members that come back', () => {
  const observer = new Observer(['a', 'b'], { config: { ...MEMBERSHIP_PRESETS.lan, membersMax: 3 } });
  observer.step('c', joinMessage('c'));
  assert.equal(joinReply(observer), 'full');
  observer.step('b', joinMessage('b'));
  assert.equal(joinReply(observer), 'join_accepted');
});

test('a refused joiner learns why and stops asking', () => {
  const mesh = new TestMesh();
  mesh.add('seed', { admission: keyRequired });
  mesh.add('n1');
  mesh.call('n1', (core) => core.join(['seed:1'], Buffer.from('wrong'), mesh.nowMs));
  mesh.run(60_000);
  assert.deepEqual(mesh.events('n1', 'join_refused'), [{ type: 'join_refused', by: 'seed', reason: 'bad_key' }]);
  assert.equal(mesh.core('seed').counters.refused.not_admitted, 1);
});

test('a joiner takes no answer in its own name, such as its own to a thief of it', () => {
  const observer = new Observer([]);
  observer.core.join(['seed:1'], KEY, observer.nowMs);
  observer.step('me', { type: 'join_refused', reason: 'identity_conflict', claims: [] });
  assert.equal(observer.core.isJoining, true);
  observer.step('seed', { type: 'join_refused', reason: 'closed', claims: [] });
  assert.equal(observer.core.isJoining, false);
});

test('a joiner asks until a seed is there', () => {
  const mesh = new TestMesh();
  mesh.add('seed');
  mesh.node('seed').isUp = false;
  mesh.add('n1');
  mesh.join('n1', 'seed', 'nowhere');
  mesh.run(20_000);
  assert.equal(mesh.core('n1').isJoining, true);
  mesh.node('seed').isUp = true;
  mesh.runUntil(() => mesh.core('n1').activeCount === 2, MEMBERSHIP_PRESETS.lan.joinRetryMaxMs * 1.3);
});

test('an acceptance that nobody asked for is not believed', () => {
  const observer = new Observer([]);
  observer.step('x', { type: 'join_accepted', meshId: 'test', claims: [alive('x', 0), alive('y', 0)] });
  assert.deepEqual(observer.core.members(), []);
});

test('a node that lost its incarnation comes back under its id', () => {
  const mesh = new TestMesh();
  mesh.form(5);
  mesh.call('n0', (core) =>
    core.step('n1', { type: 'gossip', claims: [{ kind: 'suspect', incarnation: 7, id: 'n4', by: 'n1' }] }, mesh.nowMs),
  );
  mesh.run(5_000);
  assert.equal(mesh.core('n4').self.incarnation, 8);
  mesh.node('n4').isUp = false;
  mesh.runUntil(() => mesh.core('n0').get('n4')?.state === 'failed', 20_000);
  mesh.nodes.delete('n4');
  mesh.add('n4');
  mesh.join('n4', 'n0');
  mesh.runUntil(() => ['n0', 'n1', 'n2', 'n3'].every((id) => mesh.core(id).get('n4')?.state === 'alive'), 10_000);
  assert.ok(mesh.core('n4').self.incarnation > 8);
});
