import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNodeKey } from '../../../src/identity/index.ts';
import { KeyRing, SealingKey, seal } from '../../../src/keys/index.ts';

const context = { mesh: 'incarnation', epoch: 4, nodeId: 'node' };
const secret = Buffer.alloc(32, 7);

test('what is sealed for a node is opened by its key alone, and only for what it was sealed', async () => {
  const [key, other] = [createNodeKey(), createNodeKey()];
  const [own, stranger] = [await SealingKey.of(key), await SealingKey.of(other)];
  const sealed = await seal(own.publicKey, secret, context);
  assert.deepEqual(Buffer.from((await own.open(sealed, context))!), secret);
  assert.equal(await stranger.open(sealed, context), null);
  for (const changed of [{ mesh: 'another' }, { epoch: 5 }, { nodeId: 'thief' }])
    assert.equal(await own.open(sealed, { ...context, ...changed }), null);
  for (const at of [0, 40, sealed.length - 1]) {
    const bent = Uint8Array.from(sealed);
    bent[at]! ^= 1;
    assert.equal(await own.open(bent, context), null);
  }
  for (const length of [0, 31, 32, 47]) assert.equal(await own.open(sealed.slice(0, length), context), null);
});

test('the sealing key follows from the key of the node, and sealing twice gives other bytes', async () => {
  const key = createNodeKey();
  const [one, again] = [await SealingKey.of(key), await SealingKey.of(key)];
  assert.deepEqual(one.publicKey, again.publicKey);
  assert.notDeepEqual(Buffer.from(one.publicKey), Buffer.from(key.publicKey));
  const [first, second] = [await seal(one.publicKey, secret, context), await seal(one.publicKey, secret, context)];
  assert.notDeepEqual(first, second);
  assert.deepEqual(Buffer.from((await again.open(second, context))!), secret);
});

test('a ring keeps the newest epoch and the one before, of one mesh', () => {
  const ring = new KeyRing();
  for (const epoch of [1, 3, 2]) ring.add('m', { epoch, secret });
  assert.deepEqual([ring.newest?.epoch, ring.of(2)?.epoch, ring.of(1)], [3, 2, null]);
  ring.add('n', { epoch: 1, secret });
  assert.deepEqual([ring.newest?.epoch, ring.of(3)], [1, null]);
});
