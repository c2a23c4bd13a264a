import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MEMBERSHIP_PRESETS } from '../../src/index.ts';
import { TestMesh } from '../harness/mesh.ts';
import { alive, Observer } from '../harness/observer.ts';

const { probeIntervalMs, probeRoundMs, probeRounds } = MEMBERSHIP_PRESETS.lan;

test('probes every member once per round of the membership', () => {
  const peers = Array.from({ length: 20 }, (_, index) => `p${index}`);
  const observer = new Observer(peers);
  const probed = new Map<string, number>();
  observer.run(probeIntervalMs * 20 * 3, (sent) => {
    if (sent.message.type === 'ping') probed.set(sent.to, (probed.get(sent.to) ?? 0) + 1);
    observer.answerAll()(sent);
  });
  assert.equal(probed.size, 20);
  for (const [peer, times] of probed) assert.ok(times >= 2 && times <= 4, `${peer} ${times}`);
});

test('a silent member is asked again, directly and through helpers, before it is suspected', () => {
  const observer = new Observer(['a', 'b', 'c', 'd', 'e']);
  let direct = 0;
  const helpers = new Set<string>();
  let firstAtMs = Number.NaN;
  let suspectedAtMs = Number.NaN;
  observer.run(5_000, (sent) => {
    if (!Number.isNaN(suspectedAtMs)) return;
    if (observer.typesOfEvents().includes('member_suspected')) suspectedAtMs = observer.nowMs;
    else if (sent.message.type === 'ping' && sent.to === 'a') {
      if (Number.isNaN(firstAtMs)) firstAtMs = observer.nowMs;
      if (observer.nowMs < firstAtMs + probeRoundMs * probeRounds) direct += 1;
    } else if (sent.message.type === 'ping_request') helpers.add(sent.to);
    observer.answerAll('a')(sent);
  });
  assert.notEqual(observer.core.get('a')?.state, 'alive');
  assert.ok(direct >= probeRounds, `${direct}`);
  assert.ok(helpers.size >= 2 && !helpers.has('a'));
});

test('an acknowledgement through a helper clears a member that only the direct path cannot reach', () => {
  const mesh = new TestMesh();
  mesh.form(6);
  mesh.passes = (from, to) => !(from === 'n1' && to === 'n2') && !(from === 'n2' && to === 'n1');
  mesh.run(60_000);
  assert.deepEqual(mesh.allEvents('member_suspected'), []);
});

test('a member that hears everybody but is heard by nobody is failed', () => {
  const mesh = new TestMesh();
  mesh.form(6);
  mesh.passes = (from) => from !== 'n2';
  mesh.runUntil(() => mesh.core('n0').get('n2')?.state === 'failed', 20_000);
});

test('a ping for somebody else is not answered', () => {
  const observer = new Observer(['a']);
  observer.step('a', { type: 'ping', sequence: 1, target: 'other', claims: [] });
  assert.deepEqual(observer.takeSent(), []);
  assert.equal(observer.core.counters.refused.misrouted, 1);
});

test('a stranger gets a bare acknowledgement, and makes the member ask another for what it missed', () => {
  const observer = new Observer(['a']);
  observer.step('x', { type: 'ping', sequence: 1, target: 'me', claims: [alive('x', 0)] });
  const sent = observer.takeSent();
  assert.deepEqual(
    sent.map(({ to, message }) => [to, message.type]),
    [
      ['a', 'sync_request'],
      ['x', 'ack'],
    ],
  );
  assert.deepEqual(sent[1]?.message.claims, []);
  assert.equal(observer.core.get('x'), undefined);
  assert.equal(observer.core.counters.refused.unknown_sender, 1);
});

test('a member that hears that it was given up asks another for what it missed meanwhile, even when it has objected already', () => {
  for (const incarnation of [4, 0]) {
    const observer = new Observer(['a', 'b']);
    observer.gossip('b', { kind: 'suspect', incarnation: 3, id: 'me', by: 'b' });
    assert.ok(observer.takeSent().every(({ message }) => message.type !== 'sync_request'));
    observer.gossip('b', { kind: 'failed', incarnation, id: 'me', by: 'b' });
    const asked = observer.takeSent().filter(({ message }) => message.type === 'sync_request');
    assert.equal(asked.length, 1, `incarnation ${incarnation}`);
  }
});

test('a suspect is told so in the ping itself and refutes in the acknowledgement', () => {
  const observer = new Observer(['a', 'b', 'c']);
  observer.gossip('b', { kind: 'suspect', incarnation: 0, id: 'a', by: 'b' });
  let told = 0;
  observer.run(2_000, (sent) => {
    const { message } = sent;
    if (sent.to !== 'a' || message.type !== 'ping' || observer.core.get('a')?.state !== 'suspect') {
      return observer.answerAll()(sent);
    }
    assert.equal(message.claims[0]?.kind, 'suspect');
    told += 1;
    observer.step('a', { type: 'ack', sequence: message.sequence, claims: [alive('a', 1)] });
  });
  assert.equal(told, 1);
  assert.equal(observer.core.get('a')?.state, 'alive');
});

test('an accuser that missed the refutation hears it in the acknowledgement, however old it is', () => {
  const observer = new Observer(['a', 'b']);
  observer.gossip('b', { kind: 'suspect', incarnation: 4, id: 'me', by: 'b' });
  observer.run(60_000, observer.answerAll());
  observer.takeSent();
  const accusation = { kind: 'suspect', incarnation: 4, id: 'me', by: 'a' } as const;
  observer.step('a', { type: 'ping', sequence: 1, target: 'me', claims: [accusation] });
  const [sent] = observer.takeSent();
  assert.equal(sent?.message.type, 'ack');
  assert.deepEqual(
    sent?.message.claims.map(({ kind, incarnation }) => [kind, incarnation]),
    [['alive', 5]],
  );
});

test('a suspect is asked once more before the verdict, and another member is asked what it knows', () => {
  const observer = new Observer(['a', 'b', 'c']);
  observer.gossip('b', { kind: 'suspect', incarnation: 0, id: 'a', by: 'b' });
  observer.gossip('c', { kind: 'suspect', incarnation: 0, id: 'a', by: 'c' });
  const last: string[] = [];
  observer.run(10_000, (sent) => {
    if (observer.core.get('a')?.state === 'suspect') {
      if (sent.message.type === 'sync_request' || sent.to === 'a') last.push(sent.message.type);
    }
    observer.answerAll('a')(sent);
  });
  assert.equal(observer.core.get('a')?.state, 'failed');
  assert.ok(last.includes('sync_request') && last.includes('ping'), last.join());
});

test('no packet is larger than the limit, however much there is to tell', () => {
  const peers = Array.from({ length: 200 }, (_, index) => `peer-${index}`);
  const observer = new Observer(peers);
  let largest = 0;
  for (const peer of peers) observer.gossip('peer-0', alive(peer, 3, `key-${peer}`, 'x'.repeat(300)));
  observer.core.takeReady();
  for (let round = 0; round < 200; round += 1) {
    observer.nowMs += 25;
    observer.core.tick(observer.nowMs);
    for (const { bytes, isReliable } of observer.core.takeReady().packets) {
      if (!isReliable) largest = Math.max(largest, bytes.length);
    }
  }
  assert.ok(largest > 1_000 && largest <= MEMBERSHIP_PRESETS.lan.packetBytesMax, `${largest}`);
});
