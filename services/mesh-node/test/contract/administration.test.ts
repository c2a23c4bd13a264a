import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAuthenticator } from '@peermesh/authz';
import type { CreatedJoinKey, KeyEpoch, MeshSetting } from '@peermesh/contracts/mesh';
import { createApp } from '@peermesh/service-kit';
import { createMetrics } from '@peermesh/telemetry';
import { issueTestToken, silentLogger, testJwks } from '@peermesh/testkit';
import type { FastifyInstance } from 'fastify';
import { createNodeKey } from '../../src/identity/index.ts';
import { mountAdministration, mountSecurity } from '../../src/routes/v1/administration.ts';
import { eventually, startNode, type TestNode } from '../support/nodes.ts';
import { runTool, type ToolOutcome } from '../support/run-tool.ts';

let node: TestNode;
let app: FastifyInstance;
let url: string;

before(async () => {
  node = await startNode('quay-1');
  await node.open.runtime.seed({ meshId: 'harbour', joinPolicy: 'key_required' });
  const logger = silentLogger();
  app = await createApp({ service: 'mesh', version: '0', logger, metrics: createMetrics({ service: 'mesh' }) });
  app.authenticator = createAuthenticator({ issuer: 'peermesh-auth', audience: 'peermesh', jwks: testJwks });
  mountAdministration(app, node.open);
  mountSecurity(app, node.open);
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});

after(async () => {
  await app.close();
  await node.end();
});

/** One of 64 begins so: it must not be taken for a flag. */
function dashedNodeId(): string {
  for (;;) {
    const { nodeId } = createNodeKey();
    if (nodeId.startsWith('-')) return nodeId;
  }
}

const mesh = (...argv: string[]): Promise<ToolOutcome> => runTool(url, argv);

async function json<T>(...argv: string[]): Promise<T> {
  const { code, out, err } = await mesh(...argv, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out) as T;
}

describe('mesh, for what operators decide', () => {
  it('makes join keys whose secrets are shown once, lists and revokes them', async () => {
    const { key, secret } = await json<CreatedJoinKey>('keys', 'create', 'crew', '--expires', '7d', '--uses', '3');
    assert.deepEqual([key.id, key.usesLeft, key.state], ['crew', 3, 'active']);
    assert.ok(Math.abs(Date.parse(key.expiresAt!) - Date.now() - 7 * 86_400_000) < 60_000);
    const { out } = await mesh('keys');
    assert.match(out, /^crew +active +0 +3 /m);
    assert.equal(out.includes(secret), false);
    assert.equal((await mesh('keys', 'revoke', 'crew')).code, 0);
    const again = await mesh('keys', 'revoke', 'crew');
    assert.deepEqual([again.code, again.err.includes('PM_COMMON_NOT_FOUND')], [1, true]);
  });

  it('changes settings in the version that it has read', async () => {
    const set = await json<MeshSetting>('settings', 'set', 'parameter', 'pace', '5');
    assert.equal((await json<MeshSetting>('settings', 'set', 'parameter', 'pace', '6')).version, set.version + 1);
    assert.equal((await mesh('settings', 'get', 'parameter', 'pace')).out, '6\n');
    assert.match((await mesh('settings')).out, /^parameter +pace +2 +6$/m);
    assert.equal((await mesh('settings', 'remove', 'parameter', 'pace')).code, 0);
    assert.equal((await mesh('settings', 'get', 'parameter', 'pace')).code, 1);
  });

  it('closes the mesh, lists who may join, and revokes for good', async () => {
    const nodeId = dashedNodeId();
    assert.equal((await mesh('policy', 'closed')).out, 'closed\n');
    assert.equal((await mesh('admit', nodeId, '--note', 'by hand')).code, 0);
    assert.match((await mesh('admit')).out, new RegExp(`^${nodeId} +by hand$`, 'm'));
    assert.equal((await mesh('admit', nodeId, '--undo')).code, 0);
    assert.equal((await mesh('admit', nodeId, '--undo')).code, 1);
    assert.equal((await mesh('readmit', nodeId)).code, 1);
    assert.equal((await mesh('revoke', nodeId)).code, 2);
    assert.equal((await mesh('revoke', nodeId, '--yes', '--note', 'stolen')).code, 0);
    assert.equal((await mesh('revoke', '--serial', 'ab01', '--yes')).code, 0);
    const { out } = await mesh('revoke');
    assert.match(out, new RegExp(`^node +${nodeId} +stolen$`, 'm'));
    assert.match(out, /^certificate +AB01/m);
  });

  it('begins another key epoch', async () => {
    await eventually(async () => assert.ok((await json<KeyEpoch>('epoch')).heldEpoch !== null));
    const { epoch } = await json<KeyEpoch>('epoch');
    const rotated = await json<KeyEpoch>('epoch', 'rotate');
    assert.deepEqual([rotated.epoch, rotated.holders, rotated.heldEpoch], [epoch + 1, [1], epoch + 1]);
  });

  for (const argv of [
    ['keys', 'burn'],
    ['keys', 'create', '--expires', 'soon'],
    ['policy', 'maybe'],
    ['settings', 'get', 'nowhere', 'x'],
    ['epoch', 'end'],
  ])
    it(`ends with 2 for: mesh ${argv.join(' ')}`, async () => assert.equal((await mesh(...argv)).code, 2));

  it('is for administrators of the installation alone', async () => {
    for (const [claims, status] of [
      [{ role: 'user' }, 403],
      [{ role: 'admin', tenant: 'another' }, 403],
    ] as const) {
      const answer = await fetch(`${url}/api/v1/mesh/join-keys`, {
        headers: { authorization: `Bearer ${await issueTestToken(claims)}` },
      });
      assert.equal(answer.status, status);
    }
    assert.equal((await fetch(`${url}/api/v1/mesh/revocations`)).status, 401);
  });
});
