import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RaftNode } from '@peermesh/consensus';
import { Cluster, commandsOf } from '../cluster.ts';

test('every member applies every command, in one order', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  for (let at = 0; at < 50; at += 1) cluster.propose(1, `command ${at}`);
  const expected = Array.from({ length: 50 }, (_, at) => `command ${at}`);
  for (const member of cluster.members.values()) assert.deepEqual(commandsOf(member), expected);
});

test('a follower refuses proposals', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  assert.deepEqual(cluster.propose(2, 'no'), { refused: 'not-leader' });
});

test('commits nothing while a majority has not written it', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  const { commit } = cluster.node(1).status();
  cluster.stopDisk(2);
  cluster.stopDisk(3);
  cluster.propose(1, 'on one disk');
  assert.equal(cluster.node(1).status().commit, commit);
  cluster.startDisk(2);
  assert.equal(cluster.node(1).status().commit, commit + 1);
});

test("commits by its followers' disks while the leader's own is slow, and applies only what it has written", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.stopDisk(1);
  cluster.propose(1, 'elsewhere');
  assert.deepEqual(commandsOf(cluster.member(2)), ['elsewhere']);
  assert.deepEqual(commandsOf(cluster.member(1)), []);
  cluster.startDisk(1);
  assert.deepEqual(commandsOf(cluster.member(1)), ['elsewhere']);
});

test('does not commit an entry of an earlier term by counting (Raft, figure 8)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3, 4, 5] });
  cluster.campaign(1);
  cluster.cut([1, 2]);
  cluster.propose(1, 'earlier');
  const index = cluster.node(1).status().lastIndex;
  // Replica 2 has it and leads the next term; its own entry reaches nobody.
  cluster.isDelivered = ({ type, from }) => !(type === 'append-request' && from === 2);
  cluster.tick(30, [2, 3, 4, 5]);
  for (let tries = 0; tries < 5 && !cluster.leaders().includes(2); tries += 1) cluster.tick(10, [2, 3]);
  assert.ok(cluster.leaders().includes(2));
  const { term } = cluster.node(2).status();
  cluster.isDelivered = () => false;
  const acknowledge = { type: 'append-response', isOk: true, index, hintIndex: 0, hintTerm: 0, to: 2, term } as const;
  for (const from of [3, 4]) cluster.node(2).step({ ...acknowledge, from });
  assert.ok(cluster.node(2).status().commit < index);
  for (const from of [3, 4]) cluster.node(2).step({ ...acknowledge, from, index: index + 1 });
  assert.equal(cluster.node(2).status().commit, index + 1);
});

test('replaces what a leader of an earlier term did not commit', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.cut([1], [2, 3]);
  for (const text of ['a', 'b', 'c']) cluster.propose(1, text);
  cluster.tick(30);
  const leader = cluster.leaders().find((id) => id !== 1) as number;
  cluster.propose(leader, 'stands');
  cluster.heal();
  cluster.tick(30);
  for (const member of cluster.members.values()) assert.deepEqual(commandsOf(member), ['stands']);
});

test('sends ahead only as many requests as may be under way', () => {
  const cluster = new Cluster({ voters: [1, 2], options: { inFlightMax: 3, appendBytesMax: 20 } });
  cluster.campaign(1);
  cluster.stopDisk(2);
  const before = cluster.sent.length;
  for (let at = 0; at < 20; at += 1) cluster.propose(1, `command ${at}`);
  const requests = cluster.sent.slice(before).filter(({ type }) => type === 'append-request');
  assert.equal(requests.length, 3);
  cluster.startDisk(2);
  assert.equal(commandsOf(cluster.member(2)).length, 20);
});

test('refuses more uncommitted bytes than allowed, and takes one entry of any size', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { uncommittedBytesMax: 100 } });
  cluster.campaign(1);
  cluster.cut([1]);
  assert.ok('index' in cluster.propose(1, 'x'.repeat(1000)));
  assert.deepEqual(cluster.propose(1, 'y'), { refused: 'too-much-uncommitted' });
  cluster.heal();
  cluster.tick(3);
  assert.equal(cluster.node(1).status().uncommittedBytes, 0);
  assert.ok('index' in cluster.propose(1, 'y'));
});

test('a lost request is sent again', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.isDelivered = ({ type }) => type !== 'append-request';
  cluster.propose(1, 'lost at first');
  cluster.heal();
  cluster.tick(5);
  for (const member of cluster.members.values()) assert.deepEqual(commandsOf(member), ['lost at first']);
});

test('starts again from its disk with what it had promised', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.propose(1, 'kept');
  const { node } = cluster.member(2);
  const again = new RaftNode({ id: 2, hardState: node.hardState, entries: node.entriesAfter(0), random: () => 0 });
  assert.deepEqual(again.hardState, node.hardState);
  assert.equal(again.status().lastIndex, node.status().lastIndex);
});

test('drops what is addressed to somebody else', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const before = cluster.node(1).status();
  cluster.node(1).step({ type: 'heartbeat', from: 2, to: 3, term: 9, commit: 0, round: 0 });
  assert.deepEqual(cluster.node(1).status(), before);
});
