import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { freePort, temporaryFolder } from '@peermesh/testkit';
import { caCommand } from '../../src/cli/commands/ca.ts';
import { eventually, startNode, type TestNode } from '../support/nodes.ts';

const where = { tenantId: 'default', topic: 'berths' };

/** A certificate of this authority for a node, which takes it with a restart. */
async function certify(node: TestNode, authority: string): Promise<void> {
  await caCommand.runLocally(['issue', authority, node.open.runtime.status().nodeId, node.home], Date.now());
  await node.restart();
}

describe('a mesh whose nodes listen in different ways', () => {
  const folder = temporaryFolder('mixed');
  let nodes: [both: TestNode, grpc: TestNode, ws: TestNode];
  let both: readonly [string, string];

  before(async () => {
    both = [`wss://127.0.0.1:${await freePort()}`, `grpcs://127.0.0.1:${await freePort()}`];
    const listens = [both.join(','), `grpcs://127.0.0.1:${await freePort()}`, `wss://127.0.0.1:${await freePort()}`];
    const [first, second, third] = await Promise.all(
      listens.map((MESH_LISTEN, index) => startNode(`quay-${index + 1}`, { MESH_LISTEN })),
    );
    nodes = [first!, second!, third!];
    await caCommand.runLocally(['init', `${folder.path}/ca`, 'harbour'], Date.now());
    for (const node of nodes) await certify(node, `${folder.path}/ca`);
  });

  after(async () => {
    await Promise.all(nodes.map((node) => node.end()));
    folder.remove();
  });

  it('listens at every address that it was told', () => {
    assert.deepEqual(nodes[0].open.runtime.status().listens, both);
  });

  it('forms over PeerLink between two, and takes a third in over WebSocket', async () => {
    const [first, second, third] = nodes;
    const { joinKey } = await first.open.runtime.seed({ meshId: 'harbour', joinPolicy: 'key_required' });
    await second.open.runtime.join({ meshId: 'harbour', addresses: [both[1]], joinKey });
    await eventually(() => {
      const [link] = second.open.runtime.status().links;
      assert.deepEqual([link?.isUp, link?.lanes.length], [true, 3]);
    });
    await third.open.runtime.join({ meshId: 'harbour', addresses: [both[0]], joinKey });
    for (const { open } of nodes)
      await eventually(() => {
        assert.equal(open.runtime.topology().links.length, 6);
        assert.equal(open.runtime.status().links.filter(({ isUp }) => isUp).length, 2);
      });
    assert.deepEqual(third.open.runtime.node('quay-1').addresses, both);
  });

  it('carries reliable messages between a node that only has gRPC and one that only has WebSocket', async () => {
    const [, grpc, ws] = nodes;
    const got: string[] = [];
    const take = ({ payload }: { readonly payload: Uint8Array }): boolean =>
      got.push(Buffer.from(payload).toString()) > 0;
    const subscription = ws.open.topics.subscribe(where, 'earliest', take, (error) => assert.fail(error));
    subscription.resume();
    const publish = (text: string) =>
      grpc.open.topics.publish(where, {
        delivery: 'reliable',
        priority: 'client',
        messages: [{ payload: Buffer.from(text) }],
      });
    await eventually(async () => {
      await publish('ready?');
      assert.ok(got.length > 0);
    });
    await publish('a ship');
    await eventually(() => assert.equal(got.at(-1), 'a ship'));
    subscription.close();
  });

  it('is there again after the node that listens both ways was restarted', async () => {
    const [first, second, third] = nodes;
    await first.restart();
    for (const { open } of [second, third])
      await eventually(() => assert.equal(open.runtime.status().links.filter(({ isUp }) => isUp).length, 2));
  });
});
