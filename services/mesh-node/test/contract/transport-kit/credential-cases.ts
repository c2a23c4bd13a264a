import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import test from 'node:test';
import { waitFor } from '@peermesh/testkit';
import type { TransportCredentials } from '../../../src/transport/index.ts';
import { createNodeKey, TestMesh } from './test-mesh.ts';
import { connect, TestNode, type TransportAdapter } from './test-node.ts';

const HOUR_MS = 3_600_000;

/** Who may connect over TLS, and for how long. */
export function credentialCases(adapter: TransportAdapter, mesh: () => TestMesh): void {
  const start = async (t: test.TestContext, credentials?: TransportCredentials): Promise<TestNode> => {
    const key = createNodeKey();
    return TestNode.start(t, adapter, {
      key,
      credentials: credentials ?? (await mesh().credentials(key)),
      isRevoked: (nodeId, serialNumber) => mesh().revocations.isRevoked(nodeId, serialNumber),
    });
  };
  const refusedDialler = async (t: test.TestContext, dialler: TestNode, reason: Parameters<TestNode['refused']>[0]) => {
    const node = await start(t);
    dialler.transport.dial(node.address, 0, node.key.nodeId);
    assert.equal(await dialler.dialFailure(), `peer: ${reason}`);
    assert.equal(node.refused(reason), 1);
    assert.equal(node.connections.length, 0);
  };
  const refusedAcceptor = async (
    t: test.TestContext,
    acceptor: TestNode,
    reason: Parameters<TestNode['refused']>[0],
  ) => {
    const node = await start(t);
    node.transport.dial(acceptor.address, 0, acceptor.key.nodeId);
    assert.equal(await node.dialFailure(), reason);
    assert.equal(node.refused(reason), 1);
  };

  test('an expired certificate is refused, whoever shows it', async (t) => {
    const key = createNodeKey();
    const credentials = await mesh().credentials(key, { nowMs: Date.now() - 2 * HOUR_MS, validityMs: HOUR_MS });
    const late = await TestNode.start(t, adapter, { key, credentials });
    await refusedDialler(t, late, 'certificate_expired');
    await refusedAcceptor(t, late, 'certificate_expired');
  });

  test('a certificate of the future is refused as such, and one of an authority two hours ahead is taken', async (t) => {
    const key = createNodeKey();
    const early = await TestNode.start(t, adapter, {
      key,
      credentials: await mesh().credentials(key, { nowMs: Date.now() + 4 * HOUR_MS, validityMs: HOUR_MS }),
    });
    await refusedDialler(t, early, 'certificate_not_yet_valid');
    await refusedAcceptor(t, early, 'certificate_not_yet_valid');
    const ahead = createNodeKey();
    const credentials = await mesh().credentials(ahead, { nowMs: Date.now() + 2 * HOUR_MS, validityMs: HOUR_MS });
    await connect(await TestNode.start(t, adapter, { key: ahead, credentials }), await start(t), 0);
  });

  test('a certificate of another authority is refused, whoever shows it', async (t) => {
    const elsewhere = await TestMesh.create();
    t.after(() => elsewhere.remove());
    const key = createNodeKey();
    const { certificatePem } = await elsewhere.credentials(key);
    const stranger = await TestNode.start(t, adapter, {
      key,
      credentials: { ...mesh().trust(), certificatePem: certificatePem! },
    });
    await refusedDialler(t, stranger, 'certificate_untrusted');
    await refusedAcceptor(t, stranger, 'certificate_untrusted');
  });

  test('a revoked certificate is refused, and one revoked later loses its connections', async (t) => {
    const key = createNodeKey();
    const credentials = await mesh().credentials(key);
    const node = await start(t);
    const revoked = await TestNode.start(t, adapter, { key, credentials });
    const bystander = await start(t);
    await connect(revoked, node, 0);
    await connect(node, revoked, 1);
    await connect(bystander, node, 0);
    mesh().authority.revokeCertificate(new X509Certificate(credentials.certificatePem!).serialNumber);
    node.transport.dropRevoked();
    await waitFor(() => node.closed.length === 2);
    assert.deepEqual([...new Set(node.closed.map(({ reason }) => reason))], ['certificate_revoked']);
    assert.equal(bystander.closed.length, 0);
    await refusedDialler(t, revoked, 'certificate_revoked');
    await refusedAcceptor(t, revoked, 'certificate_revoked');
  });

  test('without TLS as well a revoked key is refused, and one revoked later loses its connections', async (t) => {
    const revoked = new Set<string>();
    const node = await TestNode.start(t, adapter, { isRevoked: (nodeId) => revoked.has(nodeId) });
    const [thief, bystander] = [await TestNode.start(t, adapter), await TestNode.start(t, adapter)];
    await connect(thief, node, 0);
    await connect(bystander, node, 0);
    revoked.add(thief.key.nodeId);
    node.transport.dropRevoked();
    assert.equal(await node.closeReason(), 'certificate_revoked');
    thief.transport.dial(node.address, 1, node.key.nodeId);
    await waitFor(() => node.refused('certificate_revoked') === 2);
    assert.deepEqual([node.connections.length, node.closed.length], [2, 1]);
  });

  test('a dialler with neither certificate nor token is refused', async (t) => {
    const node = await TestNode.start(t, adapter, { credentials: mesh().trust(), listens: false });
    await refusedDialler(t, node, 'certificate_missing');
  });

  test('a token bound to its key stands for a certificate, and for no other key', async (t) => {
    const node = await start(t);
    const key = createNodeKey();
    const credentials = await mesh().tokenCredentials(key);
    const holder = await TestNode.start(t, adapter, { key, credentials, listens: false });
    const [there, here] = await connect(holder, node);
    assert.equal(here.peer, key.nodeId);
    there.send(Buffer.from('by token'));
    await waitFor(() => node.received(here).length === 1);
    const thief = await TestNode.start(t, adapter, { credentials, listens: false });
    thief.transport.dial(node.address, 0);
    await waitFor(() => node.refused('wrong_key') === 1);
    assert.equal(node.connections.length, 1);
  });

  test('a certificate proves its own key and not the one that a HELLO names', async (t) => {
    const [own, other] = [createNodeKey(), createNodeKey()];
    const key = { ...other, privateKeyPem: own.privateKeyPem };
    const mixed = await TestNode.start(t, adapter, { key, credentials: await mesh().credentials(own), listens: false });
    const node = await start(t);
    mixed.transport.dial(node.address, 0, node.key.nodeId);
    await waitFor(() => node.refused('wrong_key') === 1);
    assert.equal(node.connections.length, 0);
  });

  test('plain and TLS do not mix', async (t) => {
    const [plain, secure] = [await TestNode.start(t, adapter), await start(t)];
    plain.transport.dial(`${adapter.plainScheme}://127.0.0.1:${secure.port}`, 0);
    secure.transport.dial(`${adapter.secureScheme}://127.0.0.1:${plain.port}`, 0);
    await plain.dialFailure();
    await secure.dialFailure();
    assert.equal(secure.refused('tls_failed') >= 1, true);
    assert.equal(plain.connections.length + secure.connections.length, 0);
  });

  test('the authority is rotated while nodes run: certificates of both keys are good until the old one is forgotten', async (t) => {
    const own = await TestMesh.create();
    t.after(() => own.remove());
    const [a, b] = await Promise.all(
      [createNodeKey(), createNodeKey()].map(async (key) =>
        TestNode.start(t, adapter, { key, credentials: await own.credentials(key) }),
      ),
    );
    const [there] = await connect(a!, b!, 0);
    await own.authority.rotate({ nowMs: Date.now() });
    b!.transport.setCredentials(await own.credentials(b!.key));
    a!.transport.dial(b!.address, 1, b!.key.nodeId);
    assert.equal(await a!.dialFailure(), 'certificate_untrusted');
    a!.transport.setCredentials({ ...(await own.credentials(a!.key)) });
    await connect(a!, b!, 2);
    await connect(b!, a!, 3);
    own.authority.forgetOldKeys();
    a!.transport.setCredentials(await own.credentials(a!.key));
    b!.transport.setCredentials(await own.credentials(b!.key));
    await connect(a!, b!, 4);
    assert.ok(!a!.closed.some(({ connection }) => connection === there));
  });
}
