import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame } from '@peermesh/consensus';
import { HostCluster } from '../../support/host-cluster.ts';

const QUIESCE_TICKS = 50;

function isLastHeartbeat(frame: Uint8Array): boolean {
  const decoded = decodeFrame(frame);
  return 'messages' in decoded && decoded.messages.some(({ isLast }) => isLast);
}

/** Three hosts whose groups have a leader and have fallen silent. */
function silent(groups: readonly number[] = [1]): HostCluster {
  const cluster = new HostCluster([1, 2, 3], QUIESCE_TICKS);
  cluster.start(groups);
  cluster.tick(25 + QUIESCE_TICKS);
  return cluster;
}

function silentOn(cluster: HostCluster, group = 1): number[] {
  return [...cluster.members].filter(([, { host }]) => host.status(group)?.isSilent === true).map(([id]) => id);
}

test('groups without work fall silent after 50 ticks, and then nothing is sent or done', () => {
  const groups = Array.from({ length: 100 }, (_, at) => at + 1);
  const cluster = silent(groups);
  for (const group of groups) assert.deepEqual(silentOn(cluster, group), [1, 2, 3]);
  const before = cluster.sent.length;
  const { batches } = cluster.member(1);
  const batchesBefore = batches.length;
  cluster.tick(1000);
  assert.equal(cluster.sent.length, before);
  assert.equal(batches.length, batchesBefore);
});

test('a group that is worked on does not fall silent', () => {
  const cluster = new HostCluster([1, 2, 3], QUIESCE_TICKS);
  cluster.start([1]);
  cluster.tick(25);
  for (let at = 0; at < 20; at += 1) {
    cluster.propose(1, `${at}`);
    cluster.tick(10);
    assert.deepEqual(silentOn(cluster), []);
  }
});

test('a write wakes a silent group, is committed in its turn, and the others stay silent', () => {
  const cluster = silent([1, 2]);
  const { term } = cluster.host(1).status(1) ?? {};
  cluster.propose(1, 'wake');
  for (const id of [1, 2, 3]) assert.deepEqual(cluster.commandsOf(id, 1), ['wake']);
  assert.deepEqual(silentOn(cluster, 1), []);
  assert.deepEqual(silentOn(cluster, 2), [1, 2, 3]);
  assert.equal(cluster.host(1).status(1)?.term, term);
  cluster.tick(QUIESCE_TICKS + 5);
  assert.deepEqual(silentOn(cluster, 1), [1, 2, 3]);
});

test('a read wakes a silent group and is answered', () => {
  const cluster = silent();
  const leader = cluster.leaderOf(1);
  assert.equal(cluster.host(leader).readIndex(1, 'question'), null);
  cluster.settle();
  assert.deepEqual(cluster.member(leader).reads, ['1/question']);
});

test('the death of the leader wakes a silent group, and another leads', () => {
  const cluster = silent([1]);
  const dead = cluster.leaderOf(1);
  const rest = [1, 2, 3].filter((id) => id !== dead);
  cluster.isDelivered = (from, to) => from !== dead && to !== dead;
  cluster.tick(100, rest);
  assert.deepEqual(silentOn(cluster), [1, 2, 3]);
  for (const id of rest) cluster.host(id).peerDown(dead);
  cluster.tick(40, rest);
  assert.ok(rest.some((id) => cluster.host(id).status(1)?.role === 'leader'));
});

test('a group falls silent without a member that is away, and wakes to catch it up', () => {
  const cluster = new HostCluster([1, 2, 3], QUIESCE_TICKS);
  cluster.start([1]);
  cluster.tick(25);
  const leader = cluster.leaderOf(1);
  const away = leader === 3 ? 2 : 3;
  const rest = [1, 2, 3].filter((id) => id !== away);
  cluster.isDelivered = (from, to) => from !== away && to !== away;
  cluster.propose(1, 'missed');
  cluster.tick(QUIESCE_TICKS * 2, rest);
  assert.deepEqual(silentOn(cluster), []);
  for (const id of rest) cluster.host(id).peerDown(away);
  cluster.tick(QUIESCE_TICKS * 2, rest);
  assert.deepEqual(silentOn(cluster), rest);
  cluster.isDelivered = () => true;
  for (const id of rest) cluster.host(id).peerUp(away);
  cluster.tick(5);
  assert.deepEqual(cluster.commandsOf(away, 1), ['missed']);
});

test('a follower that missed that the group falls silent asks, and the group goes on under the same leader', () => {
  const cluster = new HostCluster([1, 2, 3], QUIESCE_TICKS);
  cluster.start([1]);
  cluster.tick(25);
  const leader = cluster.leaderOf(1);
  const deaf = leader === 3 ? 2 : 3;
  let missed = 0;
  cluster.isDelivered = (_, to, frame) => {
    const isMissed = to === deaf && missed === 0 && isLastHeartbeat(frame);
    if (isMissed) missed += 1;
    return !isMissed;
  };
  cluster.tick(QUIESCE_TICKS);
  assert.equal(missed, 1);
  const { term } = cluster.host(leader).status(1) ?? {};
  cluster.tick(30 + QUIESCE_TICKS * 2);
  assert.deepEqual(silentOn(cluster), [1, 2, 3]);
  assert.equal(cluster.leaderOf(1), leader);
  assert.equal(cluster.host(leader).status(1)?.term, term);
});

test('a follower that is behind does not fall silent with its leader', () => {
  const cluster = new HostCluster([1, 2, 3], QUIESCE_TICKS);
  cluster.start([1]);
  cluster.tick(25);
  const leader = cluster.leaderOf(1);
  const slow = leader === 3 ? 2 : 3;
  cluster.member(slow).isDiskStopped = true;
  cluster.propose(1, 'slow');
  cluster.tick(QUIESCE_TICKS * 2);
  assert.deepEqual(silentOn(cluster), []);
  cluster.startDisk(slow);
  cluster.tick(QUIESCE_TICKS + 5);
  assert.deepEqual(silentOn(cluster), [1, 2, 3]);
});

test('a group of one falls silent and wakes', () => {
  const cluster = new HostCluster([1], QUIESCE_TICKS);
  cluster.start([1]);
  cluster.tick(25 + QUIESCE_TICKS);
  assert.deepEqual(silentOn(cluster), [1]);
  cluster.propose(1, 'alone');
  assert.deepEqual(cluster.commandsOf(1, 1), ['alone']);
  assert.deepEqual(silentOn(cluster), []);
});
