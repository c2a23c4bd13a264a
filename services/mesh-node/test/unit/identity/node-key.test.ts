import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { temporaryFolder } from '@peermesh/testkit';
import {
  createNodeKey,
  loadOrCreateNodeKey,
  publicKeyBytes,
  publicKeyOf,
  transcriptProof,
} from '../../../src/identity/index.ts';

test('a node keeps its key: made once, readable by its owner alone', (t) => {
  const folder = temporaryFolder('node-key');
  t.after(() => folder.remove());
  const path = join(folder.path, 'node.key.pem');
  const key = loadOrCreateNodeKey(path);
  const content = readFileSync(path, 'utf8');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(loadOrCreateNodeKey(path).nodeId, key.nodeId);
  assert.equal(readFileSync(path, 'utf8'), content);
  assert.deepEqual(publicKeyBytes(key.nodeId), key.publicKey);
});

test('a key that others may read is refused, as is one of another kind', (t) => {
  const folder = temporaryFolder('node-key');
  t.after(() => folder.remove());
  const path = join(folder.path, 'node.key.pem');
  loadOrCreateNodeKey(path);
  chmodSync(path, 0o640);
  assert.throws(() => loadOrCreateNodeKey(path), /may be read by others/);
  writeFileSync(path, 'no key at all', { mode: 0o600 });
  chmodSync(path, 0o600);
  assert.throws(() => loadOrCreateNodeKey(path));
});

test('a proof holds for its key and statement alone, and bytes that are no proof do not throw', () => {
  const [key, other] = [createNodeKey(), createNodeKey()];
  const { sign, verify } = transcriptProof(key);
  const statement = Buffer.from('what was said');
  const proof = sign(statement);
  assert.ok(verify(key.publicKey, statement, proof));
  assert.ok(!verify(other.publicKey, statement, proof));
  assert.ok(!verify(key.publicKey, Buffer.from('what was not said'), proof));
  assert.ok(!verify(key.publicKey, statement, new Uint8Array(3)));
  assert.ok(!verify(new Uint8Array(5), statement, proof));
});

test('what is no node id is refused', () => {
  for (const text of ['', 'short', `${'a'.repeat(42)}+`, 'a'.repeat(44)])
    assert.throws(() => publicKeyOf(text), TypeError);
});
