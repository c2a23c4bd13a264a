import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConfigurationError,
  decodeConfiguration,
  encodeConfiguration,
  initialConfiguration,
  isJoint,
} from '@peermesh/consensus';
import { Cluster, commandsOf } from '../cluster.ts';

test('a learner gets the log, has no vote, and is promoted when it has caught up', () => {
  const cluster = new Cluster({ voters: [1], outside: [2] });
  cluster.campaign(1);
  cluster.propose(1, 'before');
  cluster.node(1).changeMembers([{ kind: 'add-learner', replica: 2 }]);
  cluster.settle();
  cluster.tick(3);
  assert.deepEqual(commandsOf(cluster.member(2)), ['before']);
  assert.equal(cluster.node(1).isCaughtUp(2), true);
  cluster.tick(100, [2]);
  assert.deepEqual(cluster.leaders(), [1]);
  cluster.node(1).changeMembers([{ kind: 'add-voter', replica: 2 }]);
  cluster.settle();
  assert.deepEqual(cluster.node(2).configuration.voters, [1, 2]);
});

test('a learner that hears nothing from its leader any more goes by none', () => {
  const cluster = new Cluster({ voters: [1], outside: [2] });
  cluster.campaign(1);
  cluster.node(1).changeMembers([{ kind: 'add-learner', replica: 2 }]);
  cluster.settle();
  assert.equal(cluster.node(2).status().leader, 1);
  cluster.cut([2]);
  cluster.tick(100);
  assert.equal(cluster.node(2).status().leader, 0);
  assert.equal(cluster.node(2).status().role, 'follower');
});

test('a configuration holds as soon as it is in the log', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.cut([1]);
  cluster.node(1).changeMembers([{ kind: 'remove', replica: 3 }]);
  assert.deepEqual(cluster.node(1).configuration.voters, [1, 2]);
});

test('makes one change at a time', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.cut([1]);
  assert.ok('index' in cluster.node(1).changeMembers([{ kind: 'remove', replica: 3 }]));
  assert.deepEqual(cluster.node(1).changeMembers([{ kind: 'remove', replica: 2 }]), { refused: 'change-under-way' });
});

test('changes nothing before an entry of its own term is committed', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.isDelivered = ({ type }) => type !== 'append-request';
  cluster.campaign(1);
  assert.deepEqual(cluster.node(1).changeMembers([{ kind: 'remove', replica: 3 }]), { refused: 'too-early' });
});

test('needs both halves of a joint configuration, and leaves it by itself', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], outside: [4, 5] });
  cluster.campaign(1);
  for (const replica of [4, 5]) {
    cluster.node(1).changeMembers([{ kind: 'add-learner', replica }]);
    cluster.settle();
    cluster.tick(3);
  }
  cluster.cut([1, 4, 5]);
  cluster.node(1).changeMembers([
    { kind: 'remove', replica: 2 },
    { kind: 'remove', replica: 3 },
    { kind: 'add-voter', replica: 4 },
    { kind: 'add-voter', replica: 5 },
  ]);
  const { commit } = cluster.node(1).status();
  cluster.tick(3);
  assert.equal(isJoint(cluster.node(1).configuration), true);
  assert.equal(cluster.node(1).status().commit, commit);
  cluster.heal();
  cluster.tick(5);
  assert.equal(isJoint(cluster.node(1).configuration), false);
  assert.deepEqual(cluster.node(4).configuration.voters, [1, 4, 5]);
});

test('a leader that removes itself leads until that is committed', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.node(1).changeMembers([{ kind: 'remove', replica: 1 }]);
  assert.deepEqual(cluster.leaders(), [1]);
  cluster.settle();
  assert.deepEqual(cluster.leaders(), []);
  cluster.tick(60);
  assert.equal(cluster.leaders().includes(1), false);
  assert.equal(cluster.leaders().length, 1);
});

test('a leader that was cut off with its own removal in its log leads again to have it committed, and goes', () => {
  const cluster = new Cluster({ voters: [1, 2] });
  cluster.campaign(1);
  cluster.cut([1]);
  cluster.node(1).changeMembers([{ kind: 'remove', replica: 1 }]);
  cluster.tick(60);
  assert.deepEqual(cluster.leaders(), []);
  // Replica 2 cannot lead: it lacks an entry of replica 1, whose vote it needs.
  cluster.heal();
  cluster.tick(200);
  assert.deepEqual(cluster.leaders(), [2]);
  assert.deepEqual(cluster.node(2).configuration.voters, [2]);
});

test('a witness votes and acknowledges, keeps no data and never leads', () => {
  const cluster = new Cluster({ voters: [1, 2], witnesses: [3] });
  cluster.campaign(1);
  cluster.cut([1, 3]);
  cluster.propose(1, 'with the witness');
  assert.deepEqual(commandsOf(cluster.member(1)), ['with the witness']);
  assert.deepEqual(commandsOf(cluster.member(3)), []);
  assert.equal(cluster.node(3).status().lastIndex, cluster.node(1).status().lastIndex);
  // Replica 2 lacks what the witness has acknowledged: nobody else can lead.
  cluster.cut([2, 3]);
  cluster.tick(100, [2, 3]);
  assert.deepEqual(cluster.leaders(), [1]);
});

test('nobody can begin to be a witness under an id that voted with data', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  assert.throws(() => cluster.node(1).changeMembers([{ kind: 'add-witness', replica: 3 }]), ConfigurationError);
});

test('somebody who can lead always remains', () => {
  const cluster = new Cluster({ voters: [1], witnesses: [2] });
  cluster.campaign(1);
  assert.throws(() => cluster.node(1).changeMembers([{ kind: 'remove', replica: 1 }]), ConfigurationError);
});

test('the lead passes to a follower that has everything, and entries are refused meanwhile', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  assert.equal(cluster.node(1).transferTo(2), true);
  assert.deepEqual(cluster.node(1).propose(new Uint8Array(1)), { refused: 'transferring' });
  cluster.settle();
  assert.deepEqual(cluster.leaders(), [2]);
});

test('a transfer to somebody who is away is given up after an election timeout', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.campaign(1);
  cluster.cut([1, 3]);
  cluster.node(1).transferTo(2);
  cluster.tick(11, [1, 3]);
  assert.ok('index' in cluster.propose(1, 'again'));
});

test('the lead passes neither to a learner nor to a witness', () => {
  const cluster = new Cluster({ voters: [1, 2], witnesses: [3], outside: [4] });
  cluster.campaign(1);
  cluster.node(1).changeMembers([{ kind: 'add-learner', replica: 4 }]);
  cluster.settle();
  assert.equal(cluster.node(1).transferTo(3), false);
  assert.equal(cluster.node(1).transferTo(4), false);
});

test('a configuration survives its encoding, and nothing else is one', () => {
  const configuration = { ...initialConfiguration([1, 2], [3]), outgoing: [4], learners: [5, 6], learnersNext: [4] };
  const data = encodeConfiguration(configuration);
  assert.deepEqual(decodeConfiguration(data), configuration);
  for (let length = 0; length < data.length; length += 1)
    assert.throws(() => decodeConfiguration(data.subarray(0, length)), ConfigurationError);
  assert.throws(() => decodeConfiguration(Uint8Array.of(...data, 0)), ConfigurationError);
});
