import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hasErrorCode } from '@peermesh/errors';
import { freePort, temporaryFolder } from '@peermesh/testkit';
import { caCommand } from '../../src/cli/commands/ca.ts';
import { eventually, formMesh, startNode } from '../support/nodes.ts';

it('nodes with certificates of one authority form a mesh over TLS; one of another authority is not heard', async (t) => {
  const folder = temporaryFolder('tls');
  t.after(() => folder.remove());
  const nodes = await Promise.all(
    ['quay-1', 'quay-2', 'stranger'].map(async (name) =>
      startNode(name, { MESH_LISTEN: `wss://127.0.0.1:${await freePort()}` }),
    ),
  );
  t.after(() => Promise.all(nodes.map((node) => node.end())));
  const [first, second, stranger] = nodes;
  assert.deepEqual(first!.open.runtime.status().listens, [], 'without a certificate nobody is let in');
  for (const [node, authority] of [
    [first!, 'ours'],
    [second!, 'ours'],
    [stranger!, 'theirs'],
  ] as const) {
    const path = `${folder.path}/${authority}`;
    await caCommand.runLocally(['init', path, 'harbour'], Date.now()).catch(() => undefined);
    const { nodeId } = node.open.runtime.status();
    await caCommand.runLocally(['issue', path, nodeId, node.home], Date.now());
    await node.restart();
    assert.deepEqual(node.open.runtime.status().listens, [node.address]);
  }
  await formMesh('harbour', [first!, second!]);
  await eventually(() => assert.equal(first!.open.runtime.mesh().members, 2));
  await eventually(() => assert.ok(first!.open.runtime.status().links.some(({ isUp }) => isUp)));
  const joining = stranger!.open.runtime.join({ meshId: 'harbour', addresses: [first!.address], joinKey: null });
  await assert.rejects(joining, (error) => hasErrorCode(error, 'PM_MESH_JOIN_TIMED_OUT'));
});
