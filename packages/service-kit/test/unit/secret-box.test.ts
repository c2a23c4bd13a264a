import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSecretBox, deriveKey } from '@peermesh/service-kit';

const KEY = Buffer.alloc(32, 7).toString('base64');

test('a sealed secret is unreadable and opens only for its owner, by its key, for its purpose', () => {
  const box = createSecretBox(KEY, 'a/secrets');
  const sealed = box.seal('whsec_x', 'src_1');
  assert.ok(!sealed.includes('whsec'));
  assert.equal(box.open(sealed, 'src_1'), 'whsec_x');
  assert.throws(() => box.open(sealed, 'src_2'));
  assert.throws(() => createSecretBox(KEY, 'b/secrets').open(sealed, 'src_1'));
  assert.throws(() => createSecretBox(Buffer.alloc(32, 8).toString('base64'), 'a/secrets').open(sealed, 'src_1'));
});

test('the same secret is sealed differently each time, and any changed byte is noticed', () => {
  const box = createSecretBox(KEY, 'a/secrets');
  const sealed = box.seal('secret', 'row');
  assert.notEqual(box.seal('secret', 'row'), sealed);
  const bytes = Buffer.from(sealed.slice(3), 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => box.open(`v1.${changed.toString('base64url')}`, 'row'), `byte ${at}`);
  }
  assert.throws(() => box.open(`v2.${sealed.slice(3)}`, 'row'), /form/);
  assert.throws(() => box.open('v1.', 'row'));
});

test('a key of another length is refused, and keys of two purposes differ', () => {
  assert.throws(() => createSecretBox('c2hvcnQ=', 'a'), RangeError);
  assert.notDeepEqual(deriveKey(KEY, 'a'), deriveKey(KEY, 'b'));
});
