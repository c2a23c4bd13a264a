import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { topologyCommand } from '../../src/cli/commands/members.ts';
import type { TopicRecord } from '../../src/ports.ts';
import { eventually, formMesh, startNode, type TestNode } from '../support/nodes.ts';

const where = { tenantId: 'default', topic: 'berths' };

describe('a node that drains', () => {
  let hub: TestNode;
  let leaves: TestNode[] = [];

  before(async () => {
    hub = await startNode('hub');
    leaves = await Promise.all(['leaf-1', 'leaf-2'].map((name) => startNode(name, { MESH_LISTEN: '' })));
    await formMesh('harbour', [hub, ...leaves]);
  });

  after(() => Promise.all([hub, ...leaves].map((node) => node.end())));

  const viewOf = (node: TestNode): { drain: boolean; isLastResort: boolean } | undefined => {
    const seen = node.open.runtime.topology().nodes.find(({ name }) => name === 'hub');
    return seen && { drain: seen.flags.drain, isLastResort: seen.isLastResort };
  };

  it('goes on as the only way between nodes that only dial out, and says so', async () => {
    const [one, other] = leaves as [TestNode, TestNode];
    await eventually(() => assert.equal(one.open.runtime.topology().links.length, 4, 'the leaves have no link'));
    assert.deepEqual(viewOf(one), { drain: false, isLastResort: false });
    await one.open.runtime.drain('hub', true, 'usr_operator');
    for (const node of [hub, one, other])
      await eventually(() => assert.deepEqual(viewOf(node), { drain: true, isLastResort: true }));
    const got: TopicRecord[] = [];
    const take = (record: TopicRecord): boolean => got.push(record) > 0;
    other.open.topics.subscribe(where, 'earliest', take, () => undefined).resume();
    await eventually(async () => {
      const message = { payload: Buffer.from('ready?') };
      await one.open.topics.publish(where, { delivery: 'reliable', priority: 'client', messages: [message] });
      assert.ok(got.length > 0);
    });
    const client = { getTopology: async () => ({ body: one.open.runtime.topology() }) };
    const { text } = await topologyCommand.run({ client } as never);
    assert.match(text, /^ *\d+ +hub +.* still needed$/m);
  });

  it('can be taken back by those who need it', async () => {
    await leaves[1]!.open.runtime.drain('hub', false, 'usr_operator');
    for (const node of [hub, ...leaves])
      await eventually(() => assert.deepEqual(viewOf(node), { drain: false, isLastResort: false }));
  });
});
