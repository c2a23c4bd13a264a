import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster, commandsOf } from '../cluster.ts';

test('elects one leader among one, three and five voters', () => {
  for (const voters of [[1], [1, 2, 3], [1, 2, 3, 4, 5]]) {
    const cluster = new Cluster({ voters });
    cluster.campaign(1);
    assert.deepEqual(cluster.leaders(), [1]);
    for (const { node } of cluster.members.values()) assert.equal(node.status().leader, 1);
  }
});

test('elects with a minority away, and not without a majority', () => {
  const some = new Cluster({ voters: [1, 2, 3, 4, 5] });
  some.cut([1, 2, 3]);
  some.campaign(1);
  assert.deepEqual(some.leaders(), [1]);

  const few = new Cluster({ voters: [1, 2, 3, 4, 5] });
  few.cut([1, 2]);
  few.tick(100, [1]);
  assert.deepEqual(few.leaders(), []);
});

test('refuses its vote to a candidate whose log is behind', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.cut([1, 2]);
  cluster.propose(1, 'kept');
  cluster.cut([2, 3]);
  // Long enough that replica 2 hears of no leader any more, and not so long that it stands itself.
  cluster.tick(10, [2]);
  cluster.tick(60, [3]);
  assert.ok(
    cluster.sent.some((message) => message.type === 'vote-response' && message.from === 2 && !message.isGranted),
  );
  assert.deepEqual(cluster.leaders(), [1]);
  cluster.tick(60, [2, 3]);
  assert.ok(cluster.leaders().includes(2));
  assert.ok(!cluster.leaders().includes(3));
});

test('counts its own vote only once it is durable', () => {
  const cluster = new Cluster({ voters: [1] });
  cluster.stopDisk(1);
  cluster.tick(20);
  assert.equal(cluster.node(1).status().role, 'candidate');
  cluster.startDisk(1);
  assert.equal(cluster.node(1).status().role, 'leader');
});

test('grants a vote only after it is durable, and once in a term', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const ask = { type: 'vote-request', isPre: false, isTransfer: false, lastIndex: 0, lastTerm: 0, term: 1 } as const;
  cluster.stopDisk(1);
  cluster.deliver({ ...ask, from: 2, to: 1 });
  const granted = () => cluster.sent.filter((message) => message.type === 'vote-response' && message.isGranted);
  assert.equal(granted().length, 0);
  cluster.deliver({ ...ask, from: 3, to: 1 });
  cluster.startDisk(1);
  assert.deepEqual(
    granted().map(({ to }) => to),
    [2],
  );
});

test('a replica that was cut off comes back without disturbing the leader (pre-vote)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  const { term } = cluster.node(1).status();
  cluster.cut([1, 2]);
  cluster.tick(200);
  assert.equal(cluster.node(3).status().term, term);
  cluster.heal();
  cluster.tick(5);
  assert.deepEqual(cluster.leaders(), [1]);
  assert.equal(cluster.node(1).status().term, term);
});

test('a leader that a quorum does not answer steps down (check-quorum)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.cut([1]);
  cluster.tick(21, [1]);
  assert.deepEqual(cluster.leaders(), []);
});

test('whoever hears of a leader elects no other', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  const { term } = cluster.node(1).status();
  const ask = { type: 'vote-request', isPre: false, isTransfer: false, lastIndex: 99, lastTerm: 99 } as const;
  cluster.deliver({ ...ask, from: 3, to: 2, term: term + 1 });
  assert.equal(cluster.node(2).status().term, term);
});

test('a leader whose disk stands still for an election timeout steps down', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.stopDisk(1);
  cluster.propose(1, 'lost?');
  cluster.tick(10, [1, 2, 3]);
  assert.deepEqual(cluster.leaders(), [1]);
  cluster.tick(2, [1, 2, 3]);
  assert.deepEqual(cluster.leaders(), []);
  cluster.tick(40, [1, 2, 3]);
  assert.equal(cluster.leaders().includes(1), false);
  assert.equal(cluster.leaders().length, 1);
});

test('duelling candidates end with one leader and nothing lost', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.isDelivered = ({ from, to }) => !(from === 1 && to === 3) && !(from === 3 && to === 1);
  cluster.campaign(1);
  cluster.propose(1, 'first');
  cluster.campaign(3);
  cluster.heal();
  cluster.tick(60);
  assert.equal(cluster.leaders().length, 1);
  for (const member of cluster.members.values()) assert.deepEqual(commandsOf(member), ['first']);
});
