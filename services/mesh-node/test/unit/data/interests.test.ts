import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalInterests } from '../../../src/data/interest/local-interests.ts';
import { RemoteInterests } from '../../../src/data/interest/remote-interests.ts';
import type { DataMessage } from '../../../src/data/wire/message.ts';

type Apply = { outcome: string; topics: string[] };

function applyAll(remote: RemoteInterests, messages: readonly DataMessage[]): Apply {
  let outcome = 'same';
  for (const message of messages) {
    if (message.kind === 'interest-delta') outcome = remote.applyDelta(message);
    if (message.kind === 'interest-set') outcome = remote.applySet(message);
    if (message.kind === 'interest-digest') outcome = remote.compare(message);
  }
  return { outcome, topics: [...remote.topics].sort() };
}

test('deltas keep the interests of another node as they are there', () => {
  const local = new LocalInterests(1);
  const remote = new RemoteInterests();
  for (const topic of ['a', 'b', 'a']) local.add(topic);
  assert.deepEqual(applyAll(remote, local.takeDeltas()), { outcome: 'changed', topics: ['a', 'b'] });
  local.remove('a');
  assert.deepEqual(local.takeDeltas(), [], 'one subscriber is left');
  local.remove('a');
  local.add('c');
  assert.deepEqual(applyAll(remote, local.takeDeltas()), { outcome: 'changed', topics: ['b', 'c'] });
  assert.equal(remote.compare(local.digest()), 'same');
});

test('what is added and removed again between two deltas is not told', () => {
  const local = new LocalInterests(1);
  local.add('a');
  local.remove('a');
  assert.deepEqual(local.takeDeltas(), []);
});

test('a delta that was missed shows at the next one and at the digest, and the set repairs it', () => {
  const local = new LocalInterests(1);
  const remote = new RemoteInterests();
  local.add('a');
  applyAll(remote, local.takeDeltas());
  local.add('lost');
  local.takeDeltas();
  assert.equal(remote.compare(local.digest()), 'ask');
  local.add('c');
  assert.equal(applyAll(remote, local.takeDeltas()).outcome, 'ask');
  assert.deepEqual(applyAll(remote, local.set()), { outcome: 'changed', topics: ['a', 'c', 'lost'] });
  assert.equal(remote.compare(local.digest()), 'same');
});

test('a set in many parts counts when all of it is there, in whatever order, and older ones do not', () => {
  const local = new LocalInterests(1);
  const remote = new RemoteInterests();
  const old = local.set();
  for (let at = 0; at < 600; at += 1) local.add(`t${at}`);
  local.takeDeltas();
  const parts = local.set();
  assert.equal(parts.length, 3);
  assert.equal(applyAll(remote, [parts[2], parts[0]] as DataMessage[]).outcome, 'same');
  assert.equal(remote.topics.size, 0);
  assert.equal(applyAll(remote, [parts[1]] as DataMessage[]).topics.length, 600);
  assert.equal(applyAll(remote, old).topics.length, 600);
});

test('a node that was started anew begins with nothing, and what it said before does not count', () => {
  const before = new LocalInterests(1);
  before.add('old');
  const stale = before.takeDeltas();
  const remote = new RemoteInterests();
  applyAll(remote, stale);
  const after = new LocalInterests(2);
  assert.equal(remote.compare(after.digest()), 'ask');
  after.add('new');
  assert.deepEqual(applyAll(remote, after.takeDeltas()), { outcome: 'changed', topics: ['new'] });
  before.add('older');
  assert.deepEqual(applyAll(remote, before.takeDeltas()), { outcome: 'same', topics: ['new'] });
});

test('sets of similar names do not look alike', () => {
  const hashOf = (...topics: string[]): number => {
    const local = new LocalInterests(1);
    for (const topic of topics) local.add(topic);
    return local.digest().hash;
  };
  assert.equal(hashOf('a1', 'b2'), hashOf('b2', 'a1'));
  assert.notEqual(hashOf('a1', 'b2'), hashOf('a2', 'b1'));
});
