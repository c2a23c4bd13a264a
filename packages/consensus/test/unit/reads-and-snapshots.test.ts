import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memorySnapshot, RaftNode } from '@peermesh/consensus';
import { Cluster, commandsOf } from '../cluster.ts';

test('answers a read once a quorum has confirmed the leader', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  assert.equal(cluster.node(1).readIndex('one'), null);
  assert.equal(cluster.node(1).readIndex('two'), null);
  const before = cluster.sent.length;
  cluster.settle();
  assert.deepEqual(cluster.member(1).reads, ['one', 'two']);
  assert.equal(cluster.sent.slice(before).filter(({ type }) => type === 'heartbeat').length, 2);
});

test('a leader that is cut off answers no read', () => {
  const cluster = new Cluster({ voters: [1, 2, 3, 4, 5] });
  cluster.campaign(1);
  cluster.cut([1, 2], [3, 4, 5]);
  cluster.node(1).readIndex('stale');
  cluster.settle();
  cluster.tick(5);
  assert.deepEqual(cluster.member(1).reads, []);
});

test('takes no read before it knows what is committed, nor as a follower', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.isDelivered = ({ type }) => type !== 'append-request';
  cluster.campaign(1);
  assert.deepEqual(cluster.node(1).readIndex('early'), { refused: 'too-early' });
  assert.deepEqual(cluster.node(2).readIndex('elsewhere'), { refused: 'not-leader' });
});

/** A leader whose log begins behind what replica 3 has. */
function behindCompaction(snapshotChunkBytes: number): { cluster: Cluster; data: Uint8Array } {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { snapshotChunkBytes } });
  cluster.campaign(1);
  cluster.cut([1, 2]);
  for (let at = 0; at < 10; at += 1) cluster.propose(1, `command ${at}`);
  const { commit } = cluster.node(1).status();
  const data = Uint8Array.from({ length: 1000 }, (_, at) => at % 251);
  cluster.node(1).compact(memorySnapshot({ ...cluster.node(1).describeSnapshot(commit)!, data }));
  return { cluster, data };
}

test('a follower that needs what is gone gets the snapshot in pieces, and goes on from there', () => {
  const { cluster } = behindCompaction(300);
  cluster.heal();
  cluster.tick(10);
  const chunks = cluster.sent.flatMap((message) => (message.type === 'snapshot-chunk' ? [message.offset] : []));
  assert.deepEqual(chunks, [0, 300, 600, 900]);
  cluster.propose(1, 'after');
  assert.deepEqual(commandsOf(cluster.member(3)), ['after']);
  assert.equal(cluster.node(3).status().commit, cluster.node(1).status().commit);
});

test('a snapshot goes on where it was interrupted', () => {
  const { cluster } = behindCompaction(100);
  let pieces = 0;
  cluster.isDelivered = ({ type }) => type !== 'snapshot-chunk' || ++pieces <= 5;
  cluster.tick(2);
  const before = cluster.sent.length;
  cluster.heal();
  cluster.tick(10);
  const resumed = cluster.sent
    .slice(before)
    .flatMap((message) => (message.type === 'snapshot-chunk' ? [message.offset] : []));
  assert.deepEqual(resumed, [500, 600, 700, 800, 900]);
});

test('describes a snapshot only of what is committed', () => {
  const { cluster } = behindCompaction(100);
  assert.throws(() => cluster.node(1).describeSnapshot(99), RangeError);
});

test('describes no snapshot while it is not known who took part at that place', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.propose(1, 'early');
  const hardState = { term: 1, vote: 0, commit: 2 };
  const newcomer = new RaftNode({ id: 4, random: () => 0.5, hardState, entries: cluster.node(1).entriesAfter(0) });
  assert.equal(newcomer.describeSnapshot(2), null);
  assert.notEqual(cluster.node(1).describeSnapshot(2), null);
});
