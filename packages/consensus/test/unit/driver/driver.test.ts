import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProposalError } from '@peermesh/consensus';
import { DriverCluster, GROUP } from '../../support/driver-cluster.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function settledReason(cluster: DriverCluster, promise: Promise<unknown>): Promise<string> {
  let reason = '';
  void promise.then(
    () => (reason = 'done'),
    (error: unknown) => (reason = error instanceof ProposalError ? error.reason : String(error)),
  );
  await cluster.until(() => reason);
  return reason;
}

test('commits on all nodes, in one order, and answers with the result of the state machine', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  const results = await Promise.all(['a', 'b', 'c'].map((text) => cluster.propose(leader, text)));
  assert.deepEqual(results, [1, 2, 3]);
  for (const id of [1, 2, 3]) {
    await cluster.until(() => cluster.machine(id).commands.length === 3);
    assert.deepEqual(cluster.machine(id).commands, ['a', 'b', 'c']);
  }
});

test('what comes while a write is under way is written at once by the next', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  await cluster.propose(leader, 'first');
  const before = cluster.driver(leader).durableWrites;
  const proposals = Array.from({ length: 1000 }, (_, at) => cluster.driver(leader).propose(GROUP, bytesOf(`${at}`)));
  await cluster.settle();
  await Promise.all(proposals);
  assert.ok(
    cluster.driver(leader).durableWrites - before <= 4,
    `${cluster.driver(leader).durableWrites - before} writes`,
  );
});

test('nothing is acknowledged before a majority has flushed it', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  await cluster.propose(leader, 'first');
  for (const id of [1, 2, 3]) cluster.volume(id).hold();
  let isDone = false;
  const proposal = cluster
    .driver(leader)
    .propose(GROUP, bytesOf('second'))
    .then(() => (isDone = true));
  await cluster.settle(50);
  cluster.volume(leader).release();
  await cluster.settle(50);
  assert.equal(isDone, false);
  for (const id of [1, 2, 3]) cluster.volume(id).release();
  await proposal;
});

test('another node leads when the leader is killed, and nothing that was acknowledged is missing', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const first = await cluster.leader();
  for (let at = 0; at < 20; at += 1) await cluster.propose(first, `${at}`);
  cluster.kill(first);
  const second = await cluster.leader();
  assert.notEqual(second, first);
  assert.equal(await cluster.propose(second, 'after'), 21);
  await cluster.restart(first);
  await cluster.until(() => cluster.machine(first).commands.length === 21);
  assert.deepEqual(cluster.machine(first).commands, cluster.machine(second).commands);
});

test('all nodes come back from their stores with everything that was acknowledged', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  for (let at = 0; at < 10; at += 1) await cluster.propose(leader, `${at}`);
  for (const id of [1, 2, 3]) cluster.kill(id);
  for (const id of [1, 2, 3]) await cluster.restart(id);
  const next = await cluster.leader();
  assert.equal(await cluster.propose(next, 'again'), 11);
  assert.deepEqual(cluster.machine(next).commands, [...Array.from({ length: 10 }, (_, at) => `${at}`), 'again']);
});

test('a proposal to a follower names the leader', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  await cluster.propose(leader, 'first');
  const follower = leader === 1 ? 2 : 1;
  await assert.rejects(cluster.driver(follower).propose(GROUP, bytesOf('x')), (error) => {
    assert.ok(error instanceof ProposalError);
    assert.deepEqual([error.reason, error.leader], ['not-leader', leader]);
    return true;
  });
  await assert.rejects(cluster.driver(follower).propose(99, bytesOf('x')), { reason: 'ended' });
  await assert.rejects(cluster.driver(follower).read(GROUP), { reason: 'not-leader' });
});

test('what a leader took while it was cut off is lost for certain once another entry is in its place', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const old = await cluster.leader();
  await cluster.propose(old, 'first');
  cluster.cut(old);
  const stranded = settledReason(cluster, cluster.driver(old).propose(GROUP, bytesOf('stranded')));
  const next = await cluster.leader();
  await cluster.propose(next, 'second');
  cluster.cut();
  assert.equal(await stranded, 'lost');
  assert.deepEqual(cluster.machine(old).commands, ['first', 'second']);
});

test('whoever waits for too long is told that the outcome is not known', async () => {
  const cluster = new DriverCluster([1, 2, 3], { patienceTicks: 5 });
  await cluster.create();
  const leader = await cluster.leader();
  await cluster.propose(leader, 'first');
  cluster.cut(leader);
  assert.equal(await settledReason(cluster, cluster.driver(leader).propose(GROUP, bytesOf('x'))), 'outcome-unknown');
});

test('a read sees what was acknowledged before it, and reads of one turn ask once', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  await cluster.propose(leader, 'first');
  const frames = cluster.frames;
  const driver = cluster.driver(leader);
  const reads = Promise.all(Array.from({ length: 100 }, () => driver.read(GROUP)));
  await cluster.settle();
  const indexes = await reads;
  assert.ok(indexes.every((index) => index >= driver.applied(GROUP)));
  assert.ok(cluster.frames - frames <= 4, `${cluster.frames - frames} frames`);
});

test('a leader that is cut off answers no read', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  await cluster.propose(leader, 'first');
  cluster.cut(leader);
  assert.equal(await settledReason(cluster, cluster.driver(leader).read(GROUP)), 'not-leader');
});

test('the lead is handed over on request', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  await cluster.propose(leader, 'first');
  const target = leader === 3 ? 1 : 3;
  assert.equal(cluster.driver(leader).transferTo(GROUP, target), true);
  await cluster.until(() => cluster.driver(target).status(GROUP)?.role === 'leader');
});

test('a leader whose disk stands still goes on with those of the others, until it steps down', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  await cluster.propose(leader, 'first');
  cluster.volume(leader).hold();
  void cluster.driver(leader).propose(GROUP, bytesOf('under way'));
  await cluster.settle();
  const held = cluster
    .driver(leader)
    .propose(GROUP, bytesOf('held'))
    .catch(() => undefined);
  await cluster.tick(2);
  const followers = [1, 2, 3].filter((id) => id !== leader);
  for (const id of followers) assert.deepEqual(cluster.machine(id).commands, ['first', 'under way', 'held']);
  await cluster.until(() => followers.some((id) => cluster.driver(id).status(GROUP)?.role === 'leader'));
  cluster.volume(leader).release();
  await cluster.until(() => cluster.machine(leader).commands.length === 3);
  await held;
});

test('commands that come while many are under way wait for those, and keep their order', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  await cluster.propose(leader, 'first');
  for (const id of [1, 2, 3]) cluster.volume(id).hold();
  const driver = cluster.driver(leader);
  const texts = Array.from({ length: 60 }, (_, at) => `${at}`);
  const proposals = texts.slice(0, 20).map((text) => driver.propose<number>(GROUP, bytesOf(text)));
  await cluster.settle(1);
  const taken = driver.status(GROUP)?.lastIndex;
  proposals.push(...texts.slice(20).map((text) => driver.propose<number>(GROUP, bytesOf(text))));
  assert.equal(driver.status(GROUP)?.lastIndex, taken, 'the later ones are not in the log yet');
  for (const id of [1, 2, 3]) cluster.volume(id).release();
  const results = await Promise.all(proposals);
  assert.deepEqual(cluster.machine(leader).commands, ['first', ...texts]);
  assert.deepEqual(
    results.map(({ result }) => result),
    texts.map((_, at) => at + 2),
  );
});

test('a command that waits for others when its group ends was not taken', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  for (const id of [1, 2, 3]) cluster.volume(id).hold();
  const driver = cluster.driver(leader);
  const taken = Array.from({ length: 20 }, () => driver.propose(GROUP, bytesOf('x')));
  await cluster.settle(1);
  const outcomes = Promise.allSettled([...taken, driver.propose(GROUP, bytesOf('y'))]);
  driver.stop(GROUP);
  const reasons = (await outcomes).map((outcome) => outcome.status === 'rejected' && outcome.reason.reason);
  assert.deepEqual(reasons, [...taken.map(() => 'outcome-unknown'), 'ended']);
  for (const id of [1, 2, 3]) cluster.volume(id).release();
});
