import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { temporaryFolder } from '@peermesh/testkit';
import { CertificateAuthority, createNodeKey, nodeIdOf, verifyJoinToken } from '../../../src/identity/index.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const now = { nowMs: NOW_MS };

function folderOf(t: TestContext): string {
  const folder = temporaryFolder('authority');
  t.after(() => folder.remove());
  return join(folder.path, 'ca');
}

const signedBy = (pem: string, authorityPem: string): boolean =>
  new X509Certificate(pem).verify(new X509Certificate(authorityPem).publicKey);

test('a certificate is of the node key, for both ends of TLS, and not for signing others', async (t) => {
  const authority = await CertificateAuthority.create(folderOf(t), { meshId: 'm1', ...now });
  const key = createNodeKey();
  const pem = await authority.issue(key.nodeId, { ...now, validityMs: HOUR_MS });
  const certificate = new X509Certificate(pem);
  assert.equal(nodeIdOf(certificate.publicKey), key.nodeId);
  assert.equal(certificate.ca, false);
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  assert.equal(certificate.validToDate.getTime(), NOW_MS + HOUR_MS);
  assert.ok(certificate.validFromDate.getTime() < NOW_MS);
  assert.ok(signedBy(pem, authority.trustedPem[0]!));
  const again = new X509Certificate(await authority.issue(key.nodeId, now));
  assert.notEqual(again.serialNumber, certificate.serialNumber);
});

test('an authority outlives the process, its keys are for its owner alone, and none is made over another', async (t) => {
  const folder = folderOf(t);
  const authority = await CertificateAuthority.create(folder, { meshId: 'm1', ...now });
  const { nodeId } = createNodeKey();
  authority.revokeNode(nodeId);
  const reopened = CertificateAuthority.open(folder);
  assert.equal(reopened.meshId, 'm1');
  assert.deepEqual(reopened.trustedPem, authority.trustedPem);
  assert.ok(reopened.revocations.isRevoked(nodeId, null));
  for (const file of readdirSync(folder)) assert.equal(statSync(join(folder, file)).mode & 0o077, 0, file);
  await assert.rejects(CertificateAuthority.create(folder, { meshId: 'm2', ...now }), /already holds/);
  assert.deepEqual(CertificateAuthority.open(folder).trustedPem, authority.trustedPem);
  chmodSync(join(folder, 'authority-1.key.pem'), 0o644);
  assert.throws(() => CertificateAuthority.open(folder), /may be read by others/);
});

test('after a rotation the new key signs, and both are trusted until the old one is forgotten', async (t) => {
  const folder = folderOf(t);
  const authority = await CertificateAuthority.create(folder, { meshId: 'm1', ...now });
  const { nodeId } = createNodeKey();
  const before = await authority.issue(nodeId, now);
  const [old] = authority.trustedPem;
  await authority.rotate(now);
  const reopened = CertificateAuthority.open(folder);
  assert.deepEqual(reopened.trustedPem.slice(1), [old]);
  const after = await reopened.renew(before, now);
  assert.ok(signedBy(after, reopened.trustedPem[0]!) && !signedBy(after, old!));
  reopened.forgetOldKeys();
  assert.equal(CertificateAuthority.open(folder).trustedPem.length, 1);
  await assert.rejects(async () => reopened.renew(before, now), /another authority/);
});

test('a revoked certificate is not renewed, and a revoked node gets nothing any more', async (t) => {
  const authority = await CertificateAuthority.create(folderOf(t), { meshId: 'm1', ...now });
  const { nodeId } = createNodeKey();
  const pem = await authority.issue(nodeId, now);
  const { serialNumber } = new X509Certificate(pem);
  authority.revokeCertificate(serialNumber.toLowerCase());
  assert.ok(authority.revocations.isRevoked(nodeId, serialNumber));
  await assert.rejects(async () => authority.renew(pem, now), /revoked/);
  assert.ok(
    !authority.revocations.isRevoked(nodeId, new X509Certificate(await authority.issue(nodeId, now)).serialNumber),
  );
  authority.revokeNode(nodeId);
  await assert.rejects(async () => authority.issue(nodeId, now), /revoked/);
  await assert.rejects(async () => authority.issueToken(nodeId, now), /revoked/);
});

test('a join token names the node whose key it is bound to, while it holds', async (t) => {
  const authority = await CertificateAuthority.create(folderOf(t), { meshId: 'm1', ...now });
  const other = await CertificateAuthority.create(folderOf(t), { meshId: 'm1', ...now });
  const { nodeId } = createNodeKey();
  const token = await authority.issueToken(nodeId, { ...now, validityMs: HOUR_MS });
  const trust = { meshId: 'm1', trustedPem: authority.trustedPem, nowMs: NOW_MS + 1_000 };
  assert.deepEqual(await verifyJoinToken(token, trust), { nodeId });
  await authority.rotate(now);
  assert.deepEqual(await verifyJoinToken(token, { ...trust, trustedPem: authority.trustedPem }), { nodeId });
  const refusals: [string, object][] = [
    ['token_expired', { nowMs: NOW_MS + 2 * HOUR_MS }],
    ['token_other_mesh', { meshId: 'm2' }],
    ['token_untrusted', { trustedPem: other.trustedPem }],
  ];
  for (const [refused, change] of refusals)
    assert.deepEqual(await verifyJoinToken(token, { ...trust, ...change }), { refused });
  const [head, body, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(body!, 'base64url').toString()) as object;
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: createNodeKey().nodeId })).toString('base64url');
  assert.deepEqual(await verifyJoinToken(`${head}.${forged}.${signature}`, trust), { refused: 'token_untrusted' });
  assert.deepEqual(await verifyJoinToken('no token', trust), { refused: 'token_malformed' });
});
