import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GroupDriver,
  initialConfiguration,
  MemoryVolume,
  openMemoryStores,
  ReplicaRefusedError,
  StorageError,
} from '@peermesh/consensus';
import { CountingMachine } from '../../support/counting-machine.ts';
import { DriverCluster, GROUP } from '../../support/driver-cluster.ts';

const LARGE = 'x'.repeat(1000);

test('a group is snapshotted when its log is long enough, and a restart reads only what follows', async () => {
  const cluster = new DriverCluster([1, 2, 3], { snapshotBytes: 20_000 });
  await cluster.create();
  const leader = await cluster.leader();
  for (let at = 0; at < 50; at += 1) await cluster.propose(leader, `${at}${LARGE}`);
  const range = cluster.stores(leader).log.range(GROUP);
  assert.ok(range !== null && range.first > 20 && range.last - range.first < 30);
  cluster.kill(leader);
  await cluster.restart(leader);
  assert.equal(cluster.machine(leader).restored, 1);
  await cluster.until(() => cluster.machine(leader).commands.length === 50);
});

test('a node that was away for long gets the snapshot and goes on from there', async () => {
  const cluster = new DriverCluster([1, 2, 3], { snapshotBytes: 10_000, raft: { snapshotChunkBytes: 3000 } });
  await cluster.create();
  const leader = await cluster.leader();
  await cluster.propose(leader, 'first');
  const away = leader === 1 ? 2 : 1;
  cluster.kill(away);
  for (let at = 0; at < 40; at += 1) await cluster.propose(leader, `${at}${LARGE}`);
  await cluster.restart(away);
  await cluster.until(() => cluster.machine(away).commands.length === 41);
  assert.equal(cluster.machine(away).restored, 1);
  await cluster.propose(leader, 'last');
  await cluster.until(() => cluster.machine(away).commands.at(-1) === 'last');
  cluster.kill(away);
  await cluster.restart(away);
  await cluster.until(() => cluster.machine(away).commands.length === 42);
  assert.deepEqual(cluster.ended, []);
});

test('a replica that is added gets everything, and counts once it votes', async () => {
  const cluster = new DriverCluster([1, 2, 3], { snapshotBytes: 10_000 });
  await cluster.create();
  const leader = await cluster.leader();
  for (let at = 0; at < 20; at += 1) await cluster.propose(leader, `${at}${LARGE}`);
  cluster.addNode(4);
  await cluster.driver(4).create(GROUP, { machine: cluster.machine(4), configuration: null });
  const driver = cluster.driver(leader);
  let added = 0;
  void driver.changeMembers(GROUP, [{ kind: 'add-learner', replica: 4 }]).then((index) => (added = index));
  await cluster.until(() => added > 0);
  await cluster.until(() => driver.host.isCaughtUp(GROUP, 4));
  assert.equal(cluster.machine(4).commands.length, 20);
  let isVoter = false;
  void driver.changeMembers(GROUP, [{ kind: 'add-voter', replica: 4 }]).then(() => (isVoter = true));
  await cluster.until(() => isVoter);
  assert.deepEqual(driver.host.configuration(GROUP).voters, [1, 2, 3, 4]);
});

test('a write that fails ends all groups of the node, says so, and the others go on', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create(1);
  await cluster.create(2);
  const leader = await cluster.leader(1);
  await cluster.propose(leader, 'first', 1);
  cluster.volume(leader).fail('full');
  await assert.rejects(cluster.propose(leader, 'second', 1), { reason: 'outcome-unknown' });
  assert.deepEqual(cluster.ended.map(({ node, group, error }) => [node, group, (error as StorageError).fault]).sort(), [
    [leader, 1, 'full'],
    [leader, 2, 'full'],
  ]);
  assert.equal(cluster.driver(leader).status(1), null);
  const next = await cluster.leader(1);
  assert.notEqual(next, leader);
  await cluster.propose(next, 'third', 1);
});

test('a state machine that throws ends its group on that node and no other', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create(1);
  await cluster.create(2);
  const leader = await cluster.leader(1);
  const broken = leader === 1 ? 2 : 1;
  const failure = new Error('cannot apply');
  cluster.machine(broken, 1).apply = () => {
    throw failure;
  };
  await cluster.propose(leader, 'first', 1);
  await cluster.until(() => cluster.ended.length > 0);
  assert.deepEqual(cluster.ended, [{ node: broken, group: 1, error: failure }]);
  assert.notEqual(cluster.driver(broken).status(2), null);
});

function driverOn(volume: MemoryVolume, id: number): GroupDriver {
  const transport = { send: () => undefined };
  return new GroupDriver({ id, stores: openMemoryStores(volume), transport, random: Math.random, onEnded: () => {} });
}

function isRefused(reason: string): (error: unknown) => boolean {
  return (error) => error instanceof ReplicaRefusedError && error.reason === reason;
}

test('a replica does not start on a wiped or another volume under its old id', async () => {
  const machine = new CountingMachine();
  const volume = new MemoryVolume('first-volume');
  const driver = driverOn(volume, 1);
  const volumeId = await driver.create(GROUP, { machine, configuration: initialConfiguration([1]) });
  await driver.close();
  const wiped = new MemoryVolume('second-volume');
  for (const known of [volumeId, null])
    await assert.rejects(driverOn(wiped, 1).open(GROUP, { machine, volumeId: known }), isRefused('lost-volume'));
  const copied = new MemoryVolume('third-volume');
  const foreign = driverOn(copied, 1);
  await foreign.create(GROUP, { machine, configuration: initialConfiguration([1]) });
  await foreign.close();
  await assert.rejects(driverOn(copied, 1).open(GROUP, { machine, volumeId }), isRefused('lost-volume'));
  await assert.rejects(driverOn(volume, 2).open(GROUP, { machine, volumeId }), isRefused('other-replica'));
  await assert.rejects(driverOn(volume, 1).create(GROUP, { machine, configuration: null }), isRefused('exists'));
  const again = driverOn(volume, 1);
  await again.open(GROUP, { machine, volumeId });
  await again.close();
});

test('a replica with a damaged entry does not start, and says which', async () => {
  const cluster = new DriverCluster([1, 2, 3]);
  await cluster.create();
  const leader = await cluster.leader();
  for (let at = 0; at < 5; at += 1) await cluster.propose(leader, `${at}`);
  cluster.kill(leader);
  openMemoryStores(cluster.volume(leader)).log.damage(GROUP, 4);
  await assert.rejects(cluster.restart(leader), (error) => {
    assert.ok(error instanceof StorageError);
    assert.deepEqual([error.fault, error.group, error.index], ['corrupt', GROUP, 4]);
    return true;
  });
});

test('a crash between a snapshot and the log that it takes the place of is made good at the start', async () => {
  const volume = new MemoryVolume('torn-volume');
  const machine = new CountingMachine();
  const driver = driverOn(volume, 1);
  const configuration = initialConfiguration([1, 2, 3]);
  await driver.create(GROUP, { machine, configuration });
  await driver.close();
  const stores = openMemoryStores(volume);
  const data = new TextEncoder().encode('old');
  const entries = [1, 2, 3].map((index) => ({ index, term: 1, kind: 0 as const, data }));
  await stores.log.append([{ group: GROUP, hardState: { term: 1, vote: 2, commit: 1 }, restartAfter: null, entries }]);
  await stores.snapshots.save(GROUP, { index: 9, term: 4, configuration }, [new TextEncoder().encode('["whole"]')]);
  const again = driverOn(volume, 1);
  await again.open(GROUP, { machine, volumeId: volume.id });
  assert.deepEqual(machine.commands, ['whole']);
  assert.equal(again.status(GROUP)?.lastIndex, 9);
  assert.equal(openMemoryStores(volume).log.range(GROUP), null);
  await again.close();
});
