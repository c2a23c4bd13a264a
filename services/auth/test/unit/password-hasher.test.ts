import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasErrorCode } from '@peermesh/errors';
import { Argon2PasswordHasher } from '../../src/adapters/argon2/argon2-password-hasher.ts';

test('hashes are argon2id with the stated cost, salted, and verify', async () => {
  const hasher = new Argon2PasswordHasher({ concurrency: 2, queueMax: 10 });
  const [one, two] = await Promise.all([hasher.hash('a password'), hasher.hash('a password')]);
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(one, two);
  assert.equal(await hasher.verify(one, 'a password'), true);
  assert.equal(await hasher.verify(one, 'another'), false);
  assert.equal(hasher.isOutdated(one), false);
  assert.equal(hasher.isOutdated(one.replace('m=19456', 'm=4096')), true);
});

test('the same characters are the same password, however they were composed', async () => {
  const hasher = new Argon2PasswordHasher({ concurrency: 1, queueMax: 1 });
  assert.equal(await hasher.verify(await hasher.hash('caf\u00e9 au lait'), 'cafe\u0301 au lait'), true);
});

test('nobody’s password is never right, and takes as long to check', async () => {
  const hasher = new Argon2PasswordHasher({ concurrency: 1, queueMax: 100 });
  const stored = await hasher.hash('a password');
  const times: Record<'nobody' | 'somebody', number[]> = { nobody: [], somebody: [] };
  // In turns, so that both meet the same machine.
  for (let round = 0; round < 11; round += 1)
    for (const [who, hash] of [['nobody', null] as const, ['somebody', stored] as const]) {
      const start = performance.now();
      assert.equal(await hasher.verify(hash, 'another'), false);
      times[who].push(performance.now() - start);
    }
  const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0;
  const ratio = median(times.nobody) / median(times.somebody);
  assert.ok(ratio > 0.4 && ratio < 2.5, `ratio ${ratio}`);
});

test('beyond the queue, logins are refused at once and the loop stays free', async () => {
  const hasher = new Argon2PasswordHasher({ concurrency: 2, queueMax: 5 });
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => hasher.hash('a password')));
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 7);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') assert.ok(hasErrorCode(outcome.reason, 'PM_AUTH_BUSY'));
  }
  assert.equal(hasher.queueLength, 0);
  assert.ok(await hasher.hash('again'));
});
