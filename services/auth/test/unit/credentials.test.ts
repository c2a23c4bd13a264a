import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKeyHash, isApiKey, newApiKey, shownPrefix } from '../../src/domain/api-key.ts';
import { emailKey } from '../../src/domain/email.ts';
import { waitAfter } from '../../src/domain/login-throttle.ts';
import { isGuessable } from '../../src/domain/password-policy.ts';
import {
  hashOf,
  isRefreshToken,
  newRefreshToken,
  openSuccessor,
  sealSuccessor,
} from '../../src/domain/refresh-token.ts';
import { closureOf, rankOf } from '../../src/domain/roles.ts';
import { seal, unseal } from '../../src/domain/sealed-box.ts';

test('API keys have the prefix, a valid checksum, and never repeat', () => {
  const keys = Array.from({ length: 500 }, newApiKey);
  assert.equal(new Set(keys).size, 500);
  for (const key of keys) {
    assert.match(key, /^pm_live_[0-9A-Za-z]{38}$/);
    assert.ok(isApiKey(key));
    assert.equal(shownPrefix(key).length, 14);
  }
});

test('every typing error in an API key shows in its checksum', () => {
  const key = newApiKey();
  for (let index = 8; index < key.length; index += 1) {
    const wrong = key[index] === 'a' ? 'b' : 'a';
    assert.equal(isApiKey(key.slice(0, index) + wrong + key.slice(index + 1)), false, `place ${index}`);
  }
  for (const text of ['', 'pm_live_', key.slice(1), `${key}x`, key.replace('live', 'test'), key.toUpperCase()]) {
    assert.equal(isApiKey(text), false, text);
  }
  assert.equal(apiKeyHash(key).length, 32);
});

test('a refresh successor opens under its parent only', () => {
  const [parent, successor, stranger] = [newRefreshToken(), newRefreshToken(), newRefreshToken()];
  assert.ok([parent, successor, stranger].every(isRefreshToken));
  const sealed = sealSuccessor(parent, successor);
  assert.equal(openSuccessor(parent, sealed), successor);
  assert.equal(openSuccessor(stranger, sealed), null);
  assert.equal(openSuccessor(hashOf(parent).toString('base64url'), sealed), null);
  assert.notDeepEqual(sealSuccessor(parent, successor), sealed);
});

test('a sealed box opens with the right key and context, whole', () => {
  const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const box = seal(key, Buffer.from('private'), 'kid-1');
  assert.equal(unseal(key, box, 'kid-1')?.toString(), 'private');
  assert.equal(unseal(other, box, 'kid-1'), null);
  assert.equal(unseal(key, box, 'kid-2'), null);
  assert.equal(unseal(key, box.subarray(0, 20), 'kid-1'), null);
  for (let index = 0; index < box.length; index += 1) {
    const changed = Buffer.from(box);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assert.equal(unseal(key, changed, 'kid-1'), null, `byte ${index}`);
  }
});

const sameAddress: [string, string][] = [
  ['Ada@Example.ORG', 'ada@example.org'],
  ['  ada@example.org ', 'ada@example.org'],
  ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
  ['ａｄａ@example.org', 'ada@example.org'],
];
for (const [one, other] of sameAddress) {
  test(`${one} and ${other} are one address`, () => assert.equal(emailKey(one), emailKey(other)));
}
test('dots and tags tell addresses apart', () => {
  assert.notEqual(emailKey('a.da@example.org'), emailKey('ada@example.org'));
  assert.notEqual(emailKey('ada+x@example.org'), emailKey('ada@example.org'));
});

const passwords: [string, boolean][] = [
  ['password', true],
  ['Password123!', true],
  ['QWERTYUIOP', true],
  ['aaaaaaaaaaaa', true],
  ['abababababab', true],
  ['margaret@example.org', true],
  ['margaret2024', true],
  ['correct horse battery staple', false],
  ['xK9#mQ2$vL', false],
  ['пароль длинный и свой', false],
];
for (const [password, guessable] of passwords) {
  test(`${password} is ${guessable ? 'guessable' : 'good'}`, () =>
    assert.equal(isGuessable(password, 'margaret@example.org'), guessable));
}

test('waits begin after the free failures, double, and have an end', () => {
  const policy = { freeFailures: 5, firstWaitMs: 15_000, longestWaitMs: 900_000, memoryMs: 0, pendingMax: 0 };
  const waits = [1, 4, 5, 6, 7, 11, 12, 1000].map((failures) => waitAfter(failures, policy) / 1000);
  assert.deepEqual(waits, [0, 0, 15, 30, 60, 900, 900, 900]);
});

test('roles include what they inherit, and circles are nothing', () => {
  const custom = new Map(
    Object.entries({ editor: 'user', chief: 'editor', a: 'b', b: 'a', lost: 'nobody' }).map(([name, inherits]) => [
      name,
      { name, inherits },
    ]),
  );
  assert.deepEqual(closureOf('moderator', custom), ['moderator', 'user']);
  assert.deepEqual(closureOf('chief', custom), ['chief', 'editor', 'user']);
  assert.deepEqual(
    ['a', 'lost', 'constructor'].map((name) => closureOf(name, custom)),
    [null, null, null],
  );
  assert.equal(rankOf(closureOf('chief', custom) ?? []), 10);
});
