import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claim, MemberState } from '../../src/index.ts';
import { alive, Observer } from '../harness/observer.ts';

const suspect = (incarnation: number, by = 'b', id = 'a'): Claim => ({ kind: 'suspect', incarnation, id, by });
const failed = (incarnation: number, id = 'a'): Claim => ({ kind: 'failed', incarnation, id, by: 'b' });
const left = (incarnation: number, id = 'a'): Claim => ({ kind: 'left', incarnation, id });

/** Brings member `a` into a state in incarnation 5. */
function observerOf(state: MemberState): Observer {
  const observer = new Observer(['a', 'b', 'c']);
  observer.gossip('b', alive('a', 5));
  if (state === 'suspect') observer.gossip('b', suspect(5));
  if (state === 'failed') observer.gossip('b', failed(5));
  if (state === 'left') observer.gossip('b', left(5));
  assert.equal(observer.core.get('a')?.state, state);
  return observer;
}

const RULES: readonly [MemberState, Claim, MemberState, number][] = [
  ['alive', alive('a', 5), 'alive', 5],
  ['alive', alive('a', 4), 'alive', 5],
  ['alive', alive('a', 6), 'alive', 6],
  ['alive', suspect(4), 'alive', 5],
  ['alive', suspect(5), 'suspect', 5],
  ['alive', suspect(6), 'suspect', 6],
  ['alive', failed(4), 'alive', 5],
  ['alive', failed(5), 'failed', 5],
  ['alive', left(4), 'alive', 5],
  ['alive', left(5), 'left', 5],
  ['suspect', alive('a', 5), 'suspect', 5],
  ['suspect', alive('a', 6), 'alive', 6],
  ['suspect', suspect(6), 'suspect', 6],
  ['suspect', failed(4), 'suspect', 5],
  ['suspect', failed(5), 'failed', 5],
  ['failed', alive('a', 5), 'failed', 5],
  ['failed', alive('a', 6), 'alive', 6],
  ['failed', suspect(9), 'failed', 5],
  ['failed', failed(9), 'failed', 5],
  ['failed', left(5), 'left', 5],
  ['left', alive('a', 5), 'left', 5],
  ['left', alive('a', 6), 'alive', 6],
  ['left', suspect(9), 'left', 5],
  ['left', failed(9), 'left', 5],
];

for (const [before, claim, after, incarnation] of RULES) {
  test(`${before} in 5, then ${claim.kind} in ${claim.incarnation}, is ${after} in ${incarnation}`, () => {
    const observer = observerOf(before);
    observer.gossip('c', claim);
    assert.equal(observer.core.get('a')?.state, after);
    assert.equal(observer.core.get('a')?.incarnation, incarnation);
  });
}

test('an accusation of an unknown member is not taken', () => {
  const observer = new Observer(['b']);
  observer.gossip('b', suspect(1, 'b', 'x'), failed(1, 'x'), left(1, 'x'));
  assert.equal(observer.core.get('x'), undefined);
  assert.deepEqual(observer.events, []);
});

test('a claim that changed nothing is not passed on', () => {
  const observer = observerOf('alive');
  observer.run(20_000, observer.answerAll());
  observer.gossip('c', alive('a', 5), suspect(4));
  let claims = 0;
  observer.run(5_000, (sent) => {
    if (!sent.isReliable) claims += sent.message.claims.length;
    observer.answerAll()(sent);
  });
  assert.equal(claims, 0);
});

test('a claim is passed on a bounded number of times, then not again', () => {
  const observer = observerOf('alive');
  observer.run(20_000, observer.answerAll());
  observer.gossip('b', alive('a', 6));
  let told = 0;
  observer.run(20_000, (sent) => {
    if (!sent.isReliable) told += sent.message.claims.length;
    observer.answerAll()(sent);
  });
  assert.ok(told >= 3 && told <= 6, `${told} times`);
});

for (const claim of [suspect(0, 'b', 'me'), failed(3, 'me'), left(0, 'me')]) {
  test(`refutes that it is ${claim.kind} in ${claim.incarnation} with the next incarnation, at once`, () => {
    const observer = new Observer(['a', 'b']);
    observer.gossip('b', claim);
    assert.equal(observer.core.self.incarnation, claim.incarnation + 1);
    assert.deepEqual(observer.typesOfEvents(), ['self_refuted']);
    observer.run(0);
    observer.run(1, (sent) => {
      const [own] = sent.message.claims;
      assert.equal(own?.kind, 'alive');
      assert.equal(own?.incarnation, claim.incarnation + 1);
    });
  });
}

test('an accusation in an incarnation that it has left behind needs no refutation', () => {
  const observer = new Observer(['a', 'b']);
  observer.gossip('b', suspect(3, 'b', 'me'));
  observer.gossip('b', suspect(3, 'b', 'me'), failed(2, 'me'));
  assert.equal(observer.core.self.incarnation, 4);
  assert.equal(observer.core.counters.refutations, 1);
});

test('an older life of its own that others remember is outbid', () => {
  const observer = new Observer(['a']);
  observer.gossip('a', alive('me', 12));
  assert.equal(observer.core.self.incarnation, 13);
});

test('an id does not pass to another key while its holder has not left; the conflict is reported once', () => {
  for (const state of ['alive', 'suspect', 'failed'] as const) {
    const observer = observerOf(state);
    observer.events.length = 0;
    observer.gossip('c', alive('a', 9, 'key-thief'));
    observer.gossip('c', alive('a', 10, 'key-thief'));
    assert.equal(observer.core.get('a')?.identity, 'key-a');
    assert.deepEqual(observer.typesOfEvents(), ['identity_conflict']);
    assert.equal(observer.core.counters.refused.identity_conflict, 2);
  }
});

test('an id that was given up with a farewell may be taken by another key', () => {
  const observer = observerOf('left');
  observer.gossip('c', alive('a', 6, 'key-new'));
  assert.equal(observer.core.get('a')?.identity, 'key-new');
});

test('another key that claims its own id is reported and not fought over', () => {
  const observer = new Observer(['a']);
  observer.gossip('a', alive('me', 4, 'key-thief'));
  assert.deepEqual(observer.typesOfEvents(), ['identity_conflict']);
  assert.equal(observer.core.self.incarnation, 0);
});
