import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandBody, encodePlaneMessage, LIMITS } from '@peermesh/replication';
import { admission, command } from '../support/commands.ts';
import { PlaneNet } from '../support/plane-net.ts';

function meshOf(size: number, seed = 1, config: ConstructorParameters<typeof PlaneNet>[1] = {}): PlaneNet {
  const net = new PlaneNet(seed, config);
  net.found();
  for (let n = 2; n <= size; n += 1) net.admit(`n${n}`, n - 1);
  return net;
}

const setting = (key: string, value: string, expectedVersion = 0): CommandBody => ({
  kind: 'set',
  space: 'parameter',
  key,
  value,
  expectedVersion,
});

test('a mesh of one decides alone', () => {
  const net = new PlaneNet(1);
  net.found();
  assert.ok(net.nowMs < 100, `it took ${net.nowMs} ms`);
  assert.equal(net.ask(1, setting('a', '1')).kind, 'result');
});

test('five members come to five voters, and a sixth stays a learner', () => {
  const net = meshOf(6);
  assert.deepEqual(net.voters(5), [1, 2, 3, 4, 5]);
  net.until(() => net.leader?.up.replica.configuration.learners.includes(6) ?? false, 'a learner');
  net.agree();
});

test('any member, a learner too, can ask, and sees what it has done', () => {
  const net = meshOf(4);
  for (const id of [1, 2, 3, 4]) {
    assert.equal(net.ask(id, setting(`s${id}`, 'x')).kind, 'result');
    assert.equal(net.node(id).up.state.parameters.get(`s${id}`)?.value, 'x');
  }
  net.agree();
});

test('a lost leader is followed by another one, and requests that were under way are done once', () => {
  const net = meshOf(3);
  net.voters(3);
  const leader = net.leader;
  assert.ok(leader);
  const asking = net.node(leader.id === 3 ? 2 : 3);
  const ids = Array.from({ length: 20 }, (_, n) =>
    asking.up.request(setting(`k${n}`, 'x'), { timeoutMs: 20_000 }, net.nowMs),
  );
  net.run(11);
  net.stop(leader.id);
  for (const id of ids) {
    const outcome = net.settle(asking, id);
    assert.deepEqual(outcome.kind === 'result' && outcome.result.isDone, true, JSON.stringify(outcome));
  }
  const installed = asking.changes.filter(({ change }) => change.kind === 'setting-changed');
  assert.equal(installed.length, 20);
});

test('under lost and doubled messages a counter that everybody raises never skips or repeats', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const net = meshOf(3, seed);
    net.voters(3);
    net.lost = 1;
    net.doubled = 3;
    let done = 0;
    for (let n = 0; n < 30; n += 1) {
      const id = 1 + (n % 3);
      const version = net.node(id).up.state.parameters.get('counter')?.version ?? 0;
      const outcome = net.ask(id, setting('counter', `${n}`, version), { timeoutMs: 20_000 });
      if (outcome.kind === 'result' && outcome.result.isDone) done += 1;
    }
    net.lost = 0;
    net.agree();
    assert.equal(net.node(1).up.state.settingVersion, done, `seed ${seed}`);
    assert.ok(done > 15, `seed ${seed}: ${done}`);
  }
});

test('without a majority nothing is decided: what was never taken says so, what may be done says unknown', () => {
  const net = meshOf(3);
  net.voters(3);
  const survivor = net.leader?.id ?? 1;
  const { up } = net.node(survivor);
  const { lastIndex } = up.raftStatus;
  const lost = up.request(setting('a', '1'), { timeoutMs: 1_000 }, net.nowMs);
  net.until(() => up.raftStatus.lastIndex > lastIndex, 'the command is in the log of the leader alone');
  for (const id of [1, 2, 3]) if (id !== survivor) net.stop(id);
  assert.equal(net.settle(net.node(survivor), lost).kind, 'unknown');
  net.run(4_000);
  assert.equal(net.ask(survivor, setting('b', '1'), { timeoutMs: 1_000 }).kind, 'not-taken');
  assert.equal(net.node(survivor).up.health(net.nowMs), 'CRITICAL');
});

test('a read sees everything that was decided before it, and a member that is cut off reads nothing', () => {
  const net = meshOf(3);
  net.voters(3);
  const [one, other] = [1, 2, 3].filter((id) => id !== net.leader?.id) as [number, number];
  net.ask(one, setting('a', '1'));
  assert.equal(net.settle(net.node(other), net.node(other).up.read(5_000, net.nowMs)).kind, 'read');
  assert.equal(net.node(other).up.state.parameters.get('a')?.value, '1');
  const leader = net.leader?.id as number;
  net.cutPair(leader, one);
  net.cutPair(leader, other);
  const stale = net.node(leader).up.read(3_000, net.nowMs);
  assert.notEqual(net.settle(net.node(leader), stale).kind, 'read');
});

test('a member that missed more than the group remembers of requests asks at once, and is answered', () => {
  const net = meshOf(3);
  net.voters(3);
  const leader = net.leader?.id as number;
  const [away, other] = [1, 2, 3].filter((id) => id !== leader) as [number, number];
  net.cutPair(away, leader);
  net.cutPair(away, other);
  const { up } = net.node(leader);
  for (let n = 0; n < LIMITS.requestWindow + 10; n += 1)
    up.request(setting(`k${n}`, 'x'), { timeoutMs: 20_000 }, net.nowMs);
  net.until(() => up.pending.length === 0, 'all is decided without it');
  net.heal();
  const outcome = net.ask(away, setting('late', 'x'));
  assert.deepEqual(outcome.kind === 'result' && outcome.result.isDone, true, JSON.stringify(outcome));
});

test('a voter that is gone gives its vote to a learner after the grace', () => {
  const net = meshOf(4);
  net.voters(3);
  const gone = [1, 2, 3].find((id) => id !== net.leader?.id) as number;
  net.stop(gone);
  net.until(() => !(net.leader?.up.replica.configuration.voters.includes(gone) ?? true), 'a new voter');
  assert.deepEqual(net.voters(3).includes(4), true);
});

test('a draining leader hands over and gives its vote away', () => {
  const net = meshOf(4);
  net.voters(3);
  const leader = net.leader?.id as number;
  net.ask(leader, { kind: 'drain', shortId: leader, isDraining: true });
  net.until(() => net.leader !== undefined && net.leader.id !== leader, 'another leader');
  net.until(() => !(net.leader?.up.replica.configuration.voters.includes(leader) ?? true), 'its vote given away');
});

test('a member that leaves is told so, and the group goes on without it, even when it led', () => {
  const net = meshOf(4);
  net.voters(3);
  const leader = net.leader as NonNullable<typeof net.leader>;
  const outcome = net.ask(leader.id, { kind: 'leave', shortId: leader.id });
  assert.equal(outcome.kind, 'result');
  assert.equal(leader.removed, 'left');
  net.until(() => net.leader !== undefined && net.leader.id !== leader.id, 'another leader');
  net.until(() => !(net.leader?.up.replica.configuration.voters.includes(leader.id) ?? true), 'out of the group');
  const follower = net.voters(3).find((id) => id !== net.leader?.id) as number;
  assert.equal(net.ask(follower, { kind: 'leave', shortId: follower }).kind, 'result');
  assert.equal(net.node(follower).removed, 'left');
});

test('an evicted member is told, and is out of the group', () => {
  const net = meshOf(4);
  net.voters(3);
  const victim = [1, 2, 3].find((id) => id !== net.leader?.id) as number;
  net.ask(net.leader?.id as number, { kind: 'evict', shortId: victim, note: '' }, { operator: 'op' });
  net.until(() => net.node(victim).removed === 'evicted', 'the farewell');
  net.until(() => !net.voters(3).includes(victim), 'out of the group');
});

test('members go one after the other until one is left, each at once, and those who stay decide', () => {
  for (const seed of [1, 2, 3, 4]) {
    const net = meshOf(5, seed);
    net.voters(5);
    for (let left = 4; left >= 1; left -= 1) {
      const victim = [...net.nodes.values()].find(({ id, plane }) => plane !== null && id !== net.leader?.id)!.id;
      const outcome = net.ask(
        net.leader?.id as number,
        { kind: 'evict', shortId: victim, note: '' },
        { operator: 'op' },
      );
      assert.ok(outcome.kind === 'result' && outcome.result.isDone, JSON.stringify(outcome));
      net.until(() => net.leader !== undefined, 'a leader');
      assert.equal(net.ask(net.leader?.id as number, setting(`left-${left}`, 'x')).kind, 'result');
    }
  }
});

test('of three voters two are evicted at the same moment, and the third decides', () => {
  const net = meshOf(3);
  net.voters(3);
  const leader = net.leader as NonNullable<typeof net.leader>;
  const others = [1, 2, 3].filter((id) => id !== leader.id);
  const ids = others.map((shortId) =>
    leader.up.request({ kind: 'evict', shortId, note: '' }, { operator: 'op', timeoutMs: 10_000 }, net.nowMs),
  );
  for (const id of ids) assert.equal(net.settle(leader, id).kind, 'result');
  assert.equal(net.ask(leader.id, setting('a', '1')).kind, 'result');
  assert.deepEqual(net.voters(1), [leader.id]);
});

test('the leader of two leaves, and the other decides', () => {
  const net = meshOf(2);
  net.voters(2);
  const leader = net.leader as NonNullable<typeof net.leader>;
  const outcome = net.ask(leader.id, { kind: 'leave', shortId: leader.id });
  assert.ok(outcome.kind === 'result' && outcome.result.isDone, JSON.stringify(outcome));
  net.until(() => net.leader !== undefined, 'another leader');
  assert.equal(net.ask(net.leader?.id as number, setting('a', '1')).kind, 'result');
});

test('a voter without which those who stay cannot decide is not removed; one that is away is', () => {
  const net = meshOf(3);
  net.voters(3);
  const leader = net.leader?.id as number;
  const [gone, needed] = [1, 2, 3].filter((id) => id !== leader) as [number, number];
  net.stop(gone);
  const evict = (shortId: number) =>
    net.ask(leader, { kind: 'evict', shortId, note: '' }, { operator: 'op', timeoutMs: 3_000 });
  assert.equal(evict(needed).kind, 'not-taken');
  assert.equal(evict(gone).kind, 'result');
  assert.equal(evict(needed).kind, 'result');
  assert.equal(net.ask(leader, setting('a', '1')).kind, 'result');
});

test('in a critical mesh that can still decide only eviction with an override is possible', () => {
  const net = meshOf(5, 3, { voterGraceMs: 500 });
  net.voters(5);
  const gone = [1, 2, 3, 4, 5].filter((id) => id !== net.leader?.id).slice(0, 2);
  for (const id of gone) net.stop(id);
  // The third that the failure detector misses can be heard by the leader all the same.
  const third = [1, 2, 3, 4, 5].find((id) => id !== net.leader?.id && !gone.includes(id)) as number;
  net.leader?.up.reachable(third, false, net.nowMs);
  const leader = net.leader?.id as number;
  const critical = { isDone: false, reason: 'mesh-critical', value: 0 };
  const resultOf = (body: CommandBody, options = {}) => {
    const outcome = net.ask(leader, body, options);
    assert.ok(outcome.kind === 'result', outcome.kind);
    return outcome.result;
  };
  assert.deepEqual(resultOf(setting('a', '1')), critical);
  assert.deepEqual(resultOf(admission('x')), critical);
  const evict = { kind: 'evict', shortId: gone[0] as number, note: '' } as const;
  assert.equal(resultOf(evict, { operator: 'op' }).isDone, false);
  assert.equal(resultOf(evict, { operator: 'op', override: 'burnt down' }).isDone, true);
  assert.equal(net.node(leader).up.state.overrides.length, 1);
});

test('all members restart from their disks and go on where they were', () => {
  const net = meshOf(5);
  net.voters(5);
  net.ask(2, setting('a', '1'));
  net.agree();
  for (const id of [1, 2, 3, 4, 5]) net.stop(id);
  net.run(5_000);
  for (const id of [1, 2, 3, 4, 5]) net.start(id, id === 1);
  assert.equal(net.ask(4, setting('b', '2')).kind, 'result');
  assert.equal(net.node(4).up.state.parameters.get('a')?.value, '1');
  net.agree();
});

test('a newcomer gets a snapshot where the log begins too late, and a restart begins from one', () => {
  const net = meshOf(3, 1, { snapshotBytes: 2_000 });
  net.voters(3);
  for (let n = 0; n < 40; n += 1) net.ask(1 + (n % 3), setting(`k${n}`, 'x'.repeat(100)));
  const newcomer = net.admit('n4');
  net.until(() => newcomer.up.state.parameters.size === 40, 'the state');
  assert.equal(newcomer.restored, 1);
  assert.ok((net.leader?.disk.load().entries[0]?.index ?? 0) > 20, 'the log was shortened');
  net.agree();
  for (const id of [1, 2, 3, 4]) net.stop(id);
  for (const id of [1, 2, 3, 4]) net.start(id, id === 1);
  assert.equal(net.ask(4, setting('b', '2')).kind, 'result');
  net.agree();
});

test('a node with a wiped disk comes back under another short id, and the old replica is out', () => {
  const net = meshOf(3);
  net.voters(3);
  const victim = [1, 2, 3].find((id) => id !== net.leader?.id) as number;
  net.stop(victim);
  const again = net.admit(`n${victim}`, net.leader?.id, { volumeId: 'fresh' });
  assert.equal(again.id, 4);
  net.until(() => net.voters(3).includes(4), 'the new replica votes');
  assert.equal(net.voters(3).includes(victim), false);
});

test('a member cannot ask in the name of another one', () => {
  const net = meshOf(2);
  net.voters(2);
  const leader = net.leader?.id as number;
  const other = leader === 1 ? 2 : 1;
  const request = encodePlaneMessage({
    kind: 'request',
    command: command({ kind: 'leave', shortId: other }, { actor: other }),
  });
  net.node(leader).up.receive(77, request, net.nowMs);
  assert.equal(net.node(leader).up.counters['not-the-actor'], 1);
  assert.equal(net.node(leader).up.state.members.size, 2);
});

test('bytes that are no message are refused and counted', () => {
  const net = meshOf(1);
  const plane = net.node(1).up;
  for (const bytes of [new Uint8Array(0), Uint8Array.of(9, 1), Uint8Array.of(1, 1, 1), Uint8Array.of(1, 99)]) {
    plane.receive(2, bytes, net.nowMs);
  }
  assert.deepEqual(plane.counters, { 'bad-choice': 2, truncated: 2 });
});

test('a silent group hears of its dead leader from the failure detector, and elects another one', () => {
  const net = meshOf(3, 1, { quiesceTicks: 20 });
  net.voters(3);
  const [leader, ...others] = [net.leader, ...[...net.nodes.values()].filter((node) => node !== net.leader)];
  assert.ok(leader);
  net.run(10_000);
  const before = net.framesOfRaft;
  net.run(30_000);
  assert.equal(net.framesOfRaft, before, 'nobody says anything while there is nothing to do');
  assert.ok(others.every(({ up }) => up.raftStatus.leader === leader.id));
  net.stop(leader.id);
  net.until(() => net.leader !== undefined && net.leader !== leader, 'another leader', 5_000);
  assert.equal(net.ask(others[0]?.id ?? 0, setting('a', '1')).kind, 'result');
});

test('a frame in the name of another member is refused and counted', () => {
  const net = meshOf(2);
  net.voters(1);
  const { plane } = net.node(2);
  assert.ok(plane);
  let frame: Uint8Array | undefined;
  net.until(() => {
    frame ??= net.lastFrameTo(2);
    return frame !== undefined;
  }, 'a frame of the leader');
  const { term } = plane.raftStatus;
  plane.receiveRaft(3, frame ?? new Uint8Array());
  plane.receiveRaft(1, Uint8Array.of(250, 1, 2));
  assert.deepEqual(plane.counters, { misaddressed: 1, 'unknown-version': 1 });
  assert.equal(plane.raftStatus.term, term);
});
