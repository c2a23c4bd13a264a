import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameClass } from '@peermesh/consensus';
import { HostCluster } from '../../support/host-cluster.ts';

const GROUPS = Array.from({ length: 200 }, (_, at) => at + 1);

function settled(groups: readonly number[] = GROUPS, quiesceTicks = 0): HostCluster {
  const cluster = new HostCluster([1, 2, 3], quiesceTicks);
  cluster.start(groups);
  cluster.tick(25);
  return cluster;
}

test('groups keep apart what is proposed to them', () => {
  const cluster = settled([1, 2, 3]);
  cluster.propose(1, 'one');
  cluster.propose(3, 'three');
  for (const id of [1, 2, 3])
    assert.deepEqual(
      [1, 2, 3].map((group) => cluster.commandsOf(id, group)),
      [['one'], [], ['three']],
    );
});

test('the writes of all groups are one batch, and so are their frames to another host', () => {
  const cluster = settled();
  const leader = cluster.leaderOf(1);
  const led = GROUPS.filter((group) => cluster.leaderOf(group) === leader);
  assert.ok(led.length > 20);
  for (const group of led) cluster.host(leader).propose(group, Uint8Array.of(group));
  const ready = cluster.host(leader).takeReady();
  assert.ok(ready !== null);
  assert.deepEqual(ready.writes.map(({ group }) => group).sort(byNumber), led);
  assert.deepEqual(
    ready.frames.map(({ to, frameClass }) => [to, frameClass]).sort(),
    [1, 2, 3].filter((id) => id !== leader).map((to) => [to, FrameClass.priority]),
  );
});

test('the heartbeats of all groups to another host are one frame in an interval', () => {
  const cluster = settled();
  const before = cluster.sent.length;
  cluster.tick(1);
  const heartbeats = cluster.messagesSince(before).filter(({ type }) => type === 'heartbeat');
  assert.equal(heartbeats.length, GROUPS.length * 2);
  const pairs = new Set(heartbeats.map(({ from, to }) => `${from}>${to}`));
  const withHeartbeats = cluster.sent.slice(before).filter(({ bytes }) => bytes[3] === 8);
  assert.equal(withHeartbeats.length, pairs.size);
  assert.ok(withHeartbeats.every(({ frameClass }) => frameClass === FrameClass.control));
  const answers = cluster.sent.slice(before).length - withHeartbeats.length;
  assert.equal(answers, pairs.size);
});

test('a vote leaves when the batch that holds it is durable', () => {
  const cluster = new HostCluster([1, 2, 3], 0);
  cluster.start([1]);
  cluster.member(2).isDiskStopped = true;
  cluster.member(3).isDiskStopped = true;
  cluster.tick(15);
  assert.throws(() => cluster.leaderOf(1));
  cluster.startDisk(2);
  cluster.tick(1);
  assert.equal(cluster.leaderOf(1), 1);
});

test('batches that overlap on the way to the disk are acknowledged as a whole', () => {
  const cluster = settled([1]);
  const leader = cluster.leaderOf(1);
  const followers = [1, 2, 3].filter((id) => id !== leader);
  for (const id of followers) cluster.member(id).isDiskStopped = true;
  cluster.propose(1, 'a');
  cluster.propose(1, 'b');
  assert.deepEqual(cluster.commandsOf(leader, 1), []);
  const [first = 0] = followers;
  assert.ok(cluster.member(first).held.length >= 2);
  const last = cluster.member(first).held.at(-1)?.number ?? 0;
  cluster.host(first).persisted(last);
  for (const { framesAfterPersist } of cluster.member(first).held.splice(0))
    for (const { bytes } of framesAfterPersist) cluster.host(leader).received(bytes);
  cluster.settle();
  assert.deepEqual(cluster.commandsOf(leader, 1), ['a', 'b']);
});

test('a read is answered for its group, once a quorum has confirmed the leader', () => {
  const cluster = settled([1, 2]);
  const leader = cluster.leaderOf(2);
  assert.equal(cluster.host(leader).readIndex(2, 'question'), null);
  cluster.settle();
  assert.deepEqual(cluster.member(leader).reads, ['2/question']);
});

test('bad frames are refused by reason, counted, and change nothing', () => {
  const cluster = settled([1]);
  const host = cluster.host(1);
  const before = host.status(1);
  assert.equal(host.received(new Uint8Array(0)), 'truncated');
  assert.equal(host.received(Uint8Array.of(2, 1, 1)), 'unknown-version');
  assert.equal(host.received(Uint8Array.of(1, 2, 1, 77, 1, 1)), 'malformed');
  assert.equal(host.received(Uint8Array.of(1, 2, 9, 7, 1, 1)), 'misaddressed');
  assert.equal(host.received(Uint8Array.of(1, 1, 1, 7, 1, 1)), 'misaddressed');
  assert.equal(host.received(Uint8Array.of(1, 2, 1, 7, 55, 1)), null);
  assert.deepEqual(host.counters(), {
    refusedFrames: { 'unknown-version': 1, truncated: 1, malformed: 1, 'too-large': 0 },
    misaddressedFrames: 2,
    unknownGroups: 1,
  });
  assert.deepEqual(host.status(1), before);
  assert.equal(host.takeReady(), null);
});

test('a group that is stopped says nothing more, and what was under way for it is dropped', () => {
  const cluster = settled([1, 2]);
  const leader = cluster.leaderOf(1);
  cluster.member(leader).isDiskStopped = true;
  cluster.propose(1, 'last');
  cluster.host(leader).stop(1);
  cluster.startDisk(leader);
  assert.equal(cluster.host(leader).status(1), null);
  assert.deepEqual(cluster.host(leader).propose(1, Uint8Array.of(1)), { refused: 'no-such-group' });
  const before = cluster.sent.length;
  cluster.tick(3, [leader]);
  assert.ok(cluster.messagesSince(before).every(({ from, group }) => from !== leader || group === 2));
});

test('a group is not started twice, nor under a number that is none', () => {
  const cluster = settled([1]);
  for (const group of [1, 0, -1, 2 ** 32, 1.5]) assert.throws(() => cluster.host(1).start(group, {}), RangeError);
});

function byNumber(one: number, other: number): number {
  return one - other;
}
