import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Principal } from '@peermesh/authz';
import { hasErrorCode } from '@peermesh/errors';
import { Admissions } from '../../src/api/admissions.ts';

const principal = (subject: string) => ({ subject }) as Principal;
const [ann, ben] = [principal('ann'), principal('ben')];

suite('Admissions', () => {
  test('ends what was begun with a token that is not good any more, once, and nothing else', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    let isAnnGood = true;
    const admissions = new Admissions(({ subject }) => subject !== 'ann' || isAnnGood);
    const ended: string[] = [];
    const end = (name: string) => (error: unknown) => {
      assert.ok(hasErrorCode(error, 'PM_COMMON_UNAUTHENTICATED'));
      ended.push(name);
    };
    const release = admissions.hold(ann, end('ann, gone before'));
    admissions.hold(ann, end('ann'));
    admissions.hold(ben, end('ben'));
    t.mock.timers.tick(1_000);
    assert.deepEqual(ended, []);
    release();
    isAnnGood = false;
    t.mock.timers.tick(1_000);
    assert.deepEqual(ended, ['ann']);
    t.mock.timers.tick(1_000);
    assert.deepEqual(ended, ['ann']);
  });

  test('looks after nobody when nobody is there, and begins again', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    let asked = 0;
    const admissions = new Admissions(() => {
      asked += 1;
      return true;
    });
    admissions.hold(ann, assert.fail)();
    t.mock.timers.tick(1_000);
    assert.equal(asked, 0);
    admissions.hold(ann, assert.fail);
    t.mock.timers.tick(1_000);
    assert.ok(asked > 0);
  });

  test('refuses who is not to be admitted any more', () => {
    const admissions = new Admissions(({ subject }) => subject === 'ben');
    admissions.assertGood(ben);
    assert.throws(
      () => admissions.assertGood(ann),
      (error) => hasErrorCode(error, 'PM_COMMON_UNAUTHENTICATED'),
    );
  });
});
