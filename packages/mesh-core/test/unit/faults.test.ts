import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandBody } from '@peermesh/replication';
import { MeshNet } from '../support/mesh-net.ts';

const setting = (key: string): CommandBody => {
  return { kind: 'set', space: 'parameter', key, value: 'x', expectedVersion: 0 };
};

const ask = (net: MeshNet, name: string, body: CommandBody, options = {}) =>
  net.settle(name, (core, nowMs) => core.command(body, options, nowMs));

test('a killed leader is followed by another one within three seconds, and reliable messages go on', () => {
  const net = new MeshNet(['a', 'b', 'c']).form();
  net.until('three voters', () => net.voters.length === 3);
  const leader = net.leader?.name as string;
  const [one, other] = ['a', 'b', 'c'].filter((name) => name !== leader) as [string, string];
  net.kill(leader);
  const tookMs = net.until('a new leader', () => net.leader !== undefined);
  assert.ok(tookMs < 3_000, `${tookMs} ms`);
  const { core } = net.node(one);
  const options = { trafficClass: 1, isReliable: true } as const;
  for (let n = 0; n < 10; n += 1) core.send(net.shortId(other), 16, Uint8Array.of(n), options, net.nowMs);
  net.until('ten deliveries', () => net.node(other).deliveries.length === 10);
  assert.equal(ask(net, one, setting('s')).kind, 'done');
});

test('a cut between leader and follower is a relay hop and no election', () => {
  const net = new MeshNet(['a', 'b', 'c']).form();
  net.until('three voters', () => net.voters.length === 3);
  const leader = net.leader?.name as string;
  const term = net.leader?.core.session?.plane.raftStatus.term;
  const follower = ['a', 'b', 'c'].find((name) => name !== leader) as string;
  net.cut(leader, follower);
  net.run(10_000);
  assert.equal(net.leader?.name, leader);
  assert.equal(net.leader?.core.session?.plane.raftStatus.term, term);
  assert.equal(ask(net, follower, setting('s')).kind, 'done');
});

test('a member that restarts comes back by itself, without its seed, and with everything it knew', () => {
  const net = new MeshNet(['a', 'b', 'c']).form();
  ask(net, 'b', setting('s'));
  net.kill('a');
  net.restart('c');
  assert.equal(net.node('c').core.phase, 'member');
  net.converge();
  assert.equal(net.node('c').core.session?.plane.state.parameters.has('s'), true);
});

test('all members restart and the mesh is there again', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const net = new MeshNet(names).form();
  ask(net, 'd', setting('s'));
  for (const name of names) net.kill(name);
  net.run(2_000);
  for (const name of names) net.restart(name);
  net.converge();
  assert.equal(ask(net, 'e', setting('t')).kind, 'done');
  assert.equal(net.node('e').core.session?.plane.state.parameters.has('s'), true);
});

test('a minority decides nothing, the majority goes on, and after healing all are one again', () => {
  const net = new MeshNet(['a', 'b', 'c', 'd', 'e']).form();
  net.until('five voters', () => net.voters.length === 5);
  net.partition(['a', 'b'], ['c', 'd', 'e']);
  const inMajority = (): boolean =>
    net.members().some(({ name, core }) => {
      return 'cde'.includes(name) && core.session?.plane.raftStatus.role === 'leader';
    });
  net.until('a leader of the majority', inMajority);
  assert.equal(ask(net, 'd', setting('s')).kind, 'done');
  const lost = ask(net, 'a', setting('t'), { timeoutMs: 4_000 });
  assert.ok(lost.kind === 'unknown' || lost.kind === 'not-taken', lost.kind);
  net.until('a is critical', () => net.node('a').core.session?.plane.health(net.nowMs) === 'CRITICAL');
  net.until('c is degraded', () => net.node('c').core.session?.plane.health(net.nowMs) === 'DEGRADED');
  net.heal();
  const tookMs = net.converge();
  assert.ok(tookMs < 60_000, `${tookMs} ms`);
  net.until('all reachable', () => net.node('a').core.session?.plane.health(net.nowMs) === 'HEALTHY');
});

test('an evicted member is told and forgets the mesh; it stays out until it is let in again', () => {
  const net = new MeshNet(['a', 'b', 'c']).form();
  const victim = net.shortId('c');
  assert.equal(ask(net, 'b', { kind: 'evict', shortId: victim, note: 'noisy' }, { operator: 'op' }).kind, 'done');
  net.until('c has been told', () => net.node('c').core.phase === 'idle');
  assert.deepEqual(
    net.node('c').events.findLast(({ kind }) => kind === 'removed'),
    { kind: 'removed', reason: 'evicted' },
  );
  net.run(10);
  net.restart('c');
  assert.equal(net.node('c').core.phase, 'idle');
  assert.deepEqual(net.join('c', ['a']), { kind: 'refused', reason: 'evicted', value: 0 });
  const { nodeId } = net.node('c');
  assert.equal(ask(net, 'a', { kind: 'readmit', nodeId }, { operator: 'op' }).kind, 'done');
  const again = net.join('c', ['a']);
  assert.deepEqual(again.kind === 'done' && again.value, 4);
});

test('a member that was evicted while it was down learns of it when it comes back', () => {
  const net = new MeshNet(['a', 'b', 'c', 'd']).form();
  net.kill('d');
  const victim = 4;
  assert.equal(ask(net, 'a', { kind: 'evict', shortId: victim, note: '' }, { operator: 'op' }).kind, 'done');
  net.restart('d');
  assert.equal(net.node('d').core.phase, 'member');
  net.until('d has been told', () => net.node('d').core.phase === 'idle');
});

test('a member leaves for good, and can join again under another short id', () => {
  const net = new MeshNet(['a', 'b', 'c']).form();
  assert.equal(net.settle('c', (core, nowMs) => core.leave({}, nowMs)).kind, 'done');
  net.until('c is idle', () => net.node('c').core.phase === 'idle');
  net.until('it is out of the group', () => net.voters.length === 2);
  const again = net.join('c', ['b']);
  assert.deepEqual(again.kind === 'done' && again.value, 4);
});

test('a node with a wiped disk comes back under another short id', () => {
  const net = new MeshNet(['a', 'b', 'c']).form();
  net.until('three voters', () => net.voters.length === 3);
  net.kill('c');
  const node = net.node('c');
  node.disk = new (node.disk.constructor as typeof import('../support/disk.ts').Disk)('another disk');
  net.restart('c');
  assert.equal(net.node('c').core.phase, 'idle');
  const again = net.join('c', ['a']);
  assert.deepEqual(again.kind === 'done' && again.value, 4);
  net.until('the new replica votes', () => net.voters.length === 3 && net.voters.includes(4));
  assert.equal(net.voters.includes(3), false);
});

test('in a critical mesh nothing but an eviction with an override is possible', () => {
  const net = new MeshNet(['a', 'b', 'c', 'd', 'e', 'f']).form();
  net.until('five voters', () => net.voters.length === 5);
  const [first, second] = net.voters.filter((id) => id !== net.leader?.core.session?.shortId);
  const byId = (id: number): string => [...net.nodes.keys()].find((name) => net.shortId(name) === id) as string;
  const learner = [1, 2, 3, 4, 5, 6].find((id) => !net.voters.includes(id)) as number;
  for (const id of [first as number, second as number, learner]) net.kill(byId(id));
  const name = net.leader?.name as string;
  net.until('critical', () => net.node(name).core.session?.plane.health(net.nowMs) === 'CRITICAL');
  assert.deepEqual(ask(net, name, setting('s')), { kind: 'refused', reason: 'mesh-critical', value: 0 });
  const evict = { kind: 'evict', shortId: learner, note: '' } as const;
  assert.deepEqual(ask(net, name, evict, { operator: 'op' }), { kind: 'refused', reason: 'override-needed', value: 0 });
  assert.equal(ask(net, name, evict, { operator: 'op', override: 'burnt down' }).kind, 'done');
  const overridden = net
    .node(name)
    .events.filter((event) => event.kind === 'changed' && event.change.kind === 'rule-overridden');
  assert.equal(overridden.length, 1);
  assert.equal(ask(net, name, setting('s')).kind, 'done', 'two of five away are no longer half');
});

test('a node tells the mesh what it was configured with anew', () => {
  const net = new MeshNet(['a', 'b']).form();
  const node = net.node('b');
  node.description = { ...node.description, region: 'south' };
  net.restart('b');
  net.until('the new region', () => net.node('a').core.session?.plane.state.members.get(2)?.region === 'south');
});

test('a trace times every hop of the path', () => {
  const net = new MeshNet(['a', 'b', 'c'], { closed: ['b', 'c'] }).form();
  const outcome = net.settle('b', (core, nowMs) => core.trace(net.shortId('c'), 1_000, nowMs));
  const hops = outcome.kind === 'traced' ? outcome.hops : [];
  assert.deepEqual(
    hops.map(({ shortId }) => shortId),
    [1, 3],
  );
  assert.ok(
    hops.every(({ rttMs }) => rttMs !== null && rttMs >= 2),
    JSON.stringify(hops),
  );
});

test('a disk that lost its log makes no vote under the old short id', () => {
  const net = new MeshNet(['a', 'b', 'c']).form();
  net.kill('c');
  const { disk } = net.node('c');
  const { record } = disk;
  disk.write({ number: 0, isReset: true, snapshot: null, write: null, compactTo: null });
  assert.equal(disk.record, record, 'the record is still there');
  net.restart('c');
  assert.equal(net.node('c').core.phase, 'idle');
  net.until('it is said', () => net.node('c').events.some(({ kind }) => kind === 'log-lost'));
  const again = net.join('c', ['a']);
  assert.deepEqual(again.kind === 'done' && again.value, 4);
});

test('when a majority is gone for good, an operator lets the newest of the others go on without it', () => {
  const net = new MeshNet(['a', 'b', 'c', 'd', 'e']).form();
  assert.equal(ask(net, 'b', setting('before')).kind, 'done');
  net.converge();
  const recover = (name: string, evicting: readonly number[], override = 'burnt down') =>
    net.settle(name, (core, nowMs) => core.recover(evicting, { operator: 'op', override }, nowMs));
  const no = { kind: 'refused', reason: 'not-permitted', value: 0 };
  assert.deepEqual(recover('d', [1]), no, 'not while there is a leader');
  const lost = [1, 2, 3];
  for (const name of ['a', 'b', 'c']) net.kill(name);
  const seesThem = (): boolean => net.node('d').core.session?.plane.unreachable(net.nowMs).length === 3;
  net.until('they are missed', seesThem);
  net.until('no leader', () => net.node('d').core.session?.plane.raftStatus.leader === 0);
  assert.deepEqual(recover('d', lost, ''), no, 'not without a reason');
  assert.deepEqual(recover('d', [...lost, 5]), no, 'not against somebody who is there');
  assert.equal(recover('d', lost).kind, 'done');
  net.until('both vote', () => net.voters.length === 2);
  net.converge();
  const state = net.node('e').core.session?.plane.state;
  assert.deepEqual([...(state?.members.keys() ?? [])], [4, 5]);
  assert.equal(state?.parameters.has('before'), true);
  assert.deepEqual(
    state?.overrides.map(({ what, operator }) => [what, operator]).sort(),
    lost.map((id) => [`evict ${id}`, 'op']),
  );
  assert.equal(ask(net, 'e', setting('after')).kind, 'done');
  net.restart('a');
  net.until('a has been told', () => net.node('a').core.phase === 'idle');
  for (const name of ['d', 'e']) net.restart(name);
  const has = (name: string): boolean => net.node(name).core.session?.plane.state.parameters.has('after') === true;
  net.until('what was decided since is there', () => has('d') && has('e'));
});

test('who is behind does not go on without a majority, and says who is ahead', () => {
  const net = new MeshNet(['a', 'b', 'c', 'd', 'e']).form();
  net.partition(['e'], ['a', 'b', 'c', 'd']);
  net.until('a leader without e', () => net.leader !== undefined && net.leader.name !== 'e');
  assert.equal(ask(net, net.leader?.name as string, setting('news'), { timeoutMs: 20_000 }).kind, 'done');
  net.run(1_000);
  for (const name of ['a', 'b', 'c']) net.kill(name);
  net.heal();
  net.until('e sees d alone', () => net.node('e').core.session?.plane.unreachable(net.nowMs).join() === '1,2,3');
  net.until('no leader', () => net.node('e').core.session?.plane.raftStatus.leader === 0);
  const by = { operator: 'op', override: 'burnt down' };
  const outcome = net.settle('e', (core, nowMs) => core.recover([1, 2, 3], by, nowMs));
  assert.deepEqual(outcome, { kind: 'refused', reason: 'not-the-newest', value: 4 });
  assert.equal(net.settle('d', (core, nowMs) => core.recover([1], by, nowMs)).kind, 'done');
  for (const shortId of [2, 3]) assert.equal(ask(net, 'd', { kind: 'evict', shortId, note: '' }, by).kind, 'done');
  net.until('both vote', () => net.voters.length === 2);
  net.converge();
  assert.equal(net.node('e').core.session?.plane.state.parameters.has('news'), true);
});
