import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MEMBERSHIP_PRESETS } from '../../src/index.ts';
import { TestMesh } from '../harness/mesh.ts';
import { Observer } from '../harness/observer.ts';

const config = MEMBERSHIP_PRESETS.lan;
const PEERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
const minMs = config.suspicionMultiplier * config.probeIntervalMs * Math.log10(PEERS.length + 1);
const maxMs = minMs * config.suspicionMaxFactor;

/** How long a suspicion of `a` lasts when these members accuse it, all at once. */
function lifetimeMs(accusers: readonly string[]): number {
  const observer = new Observer(PEERS);
  for (const by of accusers) observer.gossip(by, { kind: 'suspect', incarnation: 0, id: 'a', by });
  let elapsedMs = 0;
  while (observer.core.get('a')?.state === 'suspect' && elapsedMs < maxMs * 2) {
    observer.run(10, observer.answerAll());
    elapsedMs += 10;
  }
  return elapsedMs;
}

test('one accuser is believed late, several are believed early, and more than enough change nothing', () => {
  assert.ok(Math.abs(lifetimeMs(['b']) - maxMs) <= 20);
  const two = lifetimeMs(['b', 'c']);
  const three = lifetimeMs(['b', 'c', 'd']);
  assert.ok(two < maxMs - 100 && three < two - 100, `${two} ${three}`);
  assert.ok(Math.abs(lifetimeMs(['b', 'c', 'd', 'e']) - minMs) <= 20);
  assert.ok(Math.abs(lifetimeMs(['b', 'c', 'd', 'e', 'f', 'g']) - minMs) <= 20);
});

test('the same accuser twice counts once', () => {
  assert.ok(Math.abs(lifetimeMs(['b', 'b', 'b', 'b', 'b']) - maxMs) <= 20);
});

test('an accusation of what a suspect has objected to meanwhile has its whole time again', () => {
  const observer = new Observer(PEERS);
  for (const by of ['b', 'c', 'd', 'e']) observer.gossip(by, { kind: 'suspect', incarnation: 0, id: 'a', by });
  observer.run(minMs - 100, observer.answerAll());
  observer.gossip('f', { kind: 'suspect', incarnation: 1, id: 'a', by: 'f' });
  observer.run(maxMs - 100, observer.answerAll());
  assert.equal(observer.core.get('a')?.state, 'suspect');
  observer.run(200, observer.answerAll());
  assert.equal(observer.core.get('a')?.state, 'failed');
});

test('a refutation ends the suspicion for good', () => {
  const mesh = new TestMesh();
  mesh.form(8);
  const claim = { kind: 'suspect', incarnation: 0, id: 'n3', by: 'n1' } as const;
  for (const id of ['n1', 'n2', 'n4'])
    mesh.call(id, (core) => core.step('n0', { type: 'gossip', claims: [claim] }, mesh.nowMs));
  mesh.runUntil(() => [...mesh.nodes.values()].every(({ core }) => core.get('n3')?.state !== 'suspect'), 1_000);
  mesh.run(30_000);
  assert.deepEqual(mesh.allEvents('member_failed'), []);
  assert.equal(mesh.core('n3').self.incarnation, 1);
});

test('a slow observer stretches its own probes by its health score', () => {
  const pings = (eventLoopDelayMs: number): number => {
    const observer = new Observer(PEERS);
    observer.call((core) => core.setObserverHealth({ eventLoopDelayMs }));
    let count = 0;
    observer.run(30_000, (sent) => {
      if (sent.message.type === 'ping') count += 1;
      observer.answerAll()(sent);
    });
    return count;
  };
  const healthy = pings(10);
  const slow = pings(config.eventLoopDelayStepMs * 3);
  assert.ok(slow < healthy / 3.5 && slow > healthy / 4.5, `${healthy} ${slow}`);
});

test('probes that nobody answers, not even helpers, lower the own health; answers restore it', () => {
  const observer = new Observer(PEERS);
  observer.run(8_000);
  assert.ok(observer.core.healthScore >= 3, `${observer.core.healthScore}`);
  for (const peer of PEERS)
    observer.step(peer, {
      type: 'join',
      meshId: 'test',
      credential: new Uint8Array(),
      claims: [
        {
          kind: 'alive',
          incarnation: 9,
          record: {
            id: peer,
            address: `${peer}:1`,
            identity: `key-${peer}`,
            metadata: '',
            metadataVersion: 0,
            versionMin: 1,
            versionMax: 1,
          },
        },
      ],
    });
  observer.run(30_000, observer.answerAll());
  assert.equal(observer.core.healthScore, 0);
});

test('a silent member that helpers cannot reach either does not lower the own health', () => {
  const observer = new Observer(PEERS);
  observer.run(8_000, observer.answerAll('a'));
  assert.equal(observer.core.get('a')?.state === 'alive', false);
  assert.equal(observer.core.healthScore, 0);
});

test('before the verdict a suspect is asked again and again: its answer to any one of them saves it', () => {
  const asked = (isAnswered: (ping: number) => boolean): { pings: number; state: string | undefined } => {
    const observer = new Observer(PEERS);
    observer.gossip('b', { kind: 'suspect', incarnation: 0, id: 'a', by: 'b' });
    const fromMs = maxMs - 4 * config.probeRoundMs;
    observer.run(fromMs, observer.answerAll());
    let pings = 0;
    observer.run(5 * config.probeRoundMs, (sent) => {
      const { message, to } = sent;
      if (message.type !== 'ping' || to !== 'a') return observer.answerAll('a')(sent);
      pings += 1;
      if (!isAnswered(pings)) return;
      const record = {
        id: 'a',
        address: 'a:1',
        identity: 'key-a',
        metadata: '',
        metadataVersion: 0,
        versionMin: 1,
        versionMax: 1,
      };
      observer.step('a', {
        type: 'ack',
        sequence: message.sequence,
        claims: [{ kind: 'alive', incarnation: 1, record }],
      });
    });
    return { pings, state: observer.core.get('a')?.state };
  };
  const silent = asked(() => false);
  assert.equal(silent.state, 'failed');
  assert.ok(silent.pings >= 6, `${silent.pings} pings`);
  for (let answered = 1; answered <= 6; answered += 1) assert.equal(asked((ping) => ping === answered).state, 'alive');
});
