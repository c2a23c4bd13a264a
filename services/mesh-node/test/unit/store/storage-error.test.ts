import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeFailure } from '../../../src/store/storage-error.ts';

const failed = (code?: unknown): Error => Object.assign(new Error('refused'), code === undefined ? {} : { code });

test('a write that found no space is told from a disk that is broken', () => {
  const faultOf = (code: unknown, hasRoom: boolean): string => writeFailure(failed(code), () => hasRoom).fault;
  for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG', 28, 122, 27, -30792]) assert.equal(faultOf(code, true), 'full');
  assert.equal(faultOf(5, false), 'full', 'LMDB was cut short, and nothing is left');
  assert.equal(faultOf(5, true), 'io');
  assert.equal(faultOf('EIO', true), 'io');
  assert.equal(faultOf(undefined, true), 'io');
  const cause = failed('EROFS');
  assert.equal(writeFailure(cause, () => true).cause, cause);
});
