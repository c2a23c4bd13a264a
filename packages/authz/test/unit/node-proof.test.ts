import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { signNodeProof, verifyNodeProof } from '../../src/index.ts';

const now = new Date('2026-11-21T12:00:00.000Z');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const nodeId = publicKey.export({ format: 'jwk' }).x!;
const claims = { meshId: 'harbour', nodeId, shortId: 7 };
const later = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000);

test('a proof says which member of which mesh holds the key that signed it', async () => {
  const proof = await signNodeProof(claims, 'router', privateKey, now);
  assert.deepEqual(await verifyNodeProof(proof, 'router', now), claims);
});

test('a proof holds for clocks that differ by minutes and not for a later time', async () => {
  const proof = await signNodeProof(claims, 'router', privateKey, now);
  assert.deepEqual(await verifyNodeProof(proof, 'router', later(4)), claims);
  assert.deepEqual(await verifyNodeProof(proof, 'router', later(-4)), claims);
  for (const minutes of [8, -8]) assert.equal(await verifyNodeProof(proof, 'router', later(minutes)), null);
});

test('a proof for another service, by another key, altered or garbled is none', async () => {
  const proof = await signNodeProof(claims, 'router', privateKey, now);
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const [header, payload, signature] = proof.split('.');
  const altered = Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(payload!, 'base64url').toString()), sub: '8' }),
  );
  for (const [wrong, audience] of [
    [proof, 'search'],
    [await signNodeProof(claims, 'router', stranger, now), 'router'],
    [`${header}.${altered.toString('base64url')}.${signature}`, 'router'],
    [await signNodeProof({ ...claims, nodeId: 'short' }, 'router', privateKey, now), 'router'],
    ['', 'router'],
    ['a.b.c', 'router'],
  ] as const) {
    assert.equal(await verifyNodeProof(wrong, audience, now), null);
  }
});
