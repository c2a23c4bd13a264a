import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Code } from '@connectrpc/connect';
import { meshRoutes } from '@peermesh/contracts/mesh';
import { waitFor } from '@peermesh/testkit';
import { type ApiNode, authorization, rpcClients, startApiNode } from '../../support/api-node.ts';
import { eventually } from '../../support/nodes.ts';
import { runTool } from '../../support/run-tool.ts';
import { errorOf } from './refusal-cases.ts';
import { follow, rest } from './rest-client.ts';

/** How a mesh is taken apart, and a node stopped. */
export function farewellCases(nodes: () => readonly [ApiNode, ApiNode]): void {
  describe('at the end', () => {
    let third: ApiNode;

    after(() => third?.stop());

    it('a member leaves over REST for good, and comes back as any newcomer', async () => {
      const [first] = nodes();
      third = await startApiNode('quay-3');
      const { body: made } = await rest(first, meshRoutes.createJoinKey, { body: { id: 'again' } });
      const way = { meshId: 'harbour', addresses: [first.address], joinKey: made['secret'] };
      assert.equal((await rest(third, meshRoutes.join, { body: way })).status, 200);
      assert.equal((await rest(third, meshRoutes.leave)).status, 204);
      const alone = await rest(third, meshRoutes.leave);
      assert.deepEqual([alone.status, alone.body['code']], [409, 'PM_MESH_NOT_MEMBER']);
      const { body: left } = await rest(third, meshRoutes.getStatus);
      assert.equal(left['state'], 'idle');
      await eventually(async () => assert.equal((await rest(first, meshRoutes.getMesh)).body['members'], 2));
      assert.equal((await rest(third, meshRoutes.join, { body: way })).status, 200);
      await eventually(async () =>
        assert.equal(((await rest(first, meshRoutes.getMesh)).body['voters'] as number[]).length, 3),
      );
    });

    it('a voter without whom nobody could decide is not removed: each API says who is away, and what to do', async () => {
      const [first, second] = nodes();
      await third.stop();
      await eventually(async () => assert.equal((await rest(first, meshRoutes.getMesh)).body['unreachable'], 1));
      const { body: mesh } = await rest(first, meshRoutes.getMesh);
      const { body: leads } = await rest(first, meshRoutes.getNode, { params: { node: String(mesh['leader']) } });
      const [leader, other] = leads['name'] === first.name ? [first, second] : [second, first];
      const headers = await authorization();
      const says = /The node votes, .* while quay-3 cannot be reached: bring back or evict quay-3 first/;
      const [overRest, overRpc, byTool] = await Promise.all([
        rest(leader, meshRoutes.evictNode, { params: { node: other.name } }),
        errorOf(rpcClients(leader).mesh.evictNode({ node: other.name }, { headers })),
        runTool(leader.url, ['evict', other.name, '--yes']),
      ]);
      assert.deepEqual([overRest.status, overRest.body['code']], [409, 'PM_MESH_VOTE_NEEDED']);
      assert.match(String(overRest.body['detail']), says);
      assert.deepEqual(
        [overRpc.code, overRpc.metadata.get('peermesh-code')],
        [Code.FailedPrecondition, 'PM_MESH_VOTE_NEEDED'],
      );
      assert.equal(byTool.code, 1);
      assert.match(byTool.err, says);
      assert.equal((await rest(leader, meshRoutes.getMesh)).body['members'], 3);
      assert.equal((await rest(leader, meshRoutes.evictNode, { params: { node: 'quay-3' } })).status, 204);
      assert.equal((await rest(leader, meshRoutes.getMesh)).body['members'], 2);
    });

    it('a member is evicted over gRPC and knows it', async () => {
      const [first, second] = nodes();
      const headers = await authorization();
      await rpcClients(first).mesh.evictNode({ node: 'quay-2' }, { headers });
      await eventually(async () => assert.equal((await rest(second, meshRoutes.getStatus)).body['state'], 'idle'));
      const gone = await rest(first, meshRoutes.evictNode, { params: { node: 'quay-2' } });
      assert.equal(gone.body['code'], 'PM_MESH_NODE_UNKNOWN');
    });

    it('the last member can neither leave nor be evicted, and stays what it was', async () => {
      const [first] = nodes();
      for (const answer of [
        await rest(first, meshRoutes.leave),
        await rest(first, meshRoutes.evictNode, { params: { node: 'quay-1' } }),
      ]) {
        assert.deepEqual(
          [answer.status, answer.body['code'], answer.body['reason']],
          [409, 'PM_MESH_REFUSED', 'last-member'],
        );
        assert.equal(answer.body['detail'], 'The last member cannot leave.');
      }
      const { body } = await rest(first, meshRoutes.getStatus);
      assert.equal(body['state'], 'member');
    });

    it('a node that is stopped tells its readers why, on either API, and waits for no stream', async (t) => {
      const [first] = nodes();
      const headers = await authorization();
      const events = await follow(t, `${first.url}/api/v1/mesh/topics/berths/stream?from=earliest`, headers);
      const seen: number[] = [];
      const subscribing = (async () => {
        const request = { topic: 'berths', from: { case: 'earliest', value: true } } as const;
        for await (const { messages } of rpcClients(first).data.subscribe(request, { headers }))
          seen.push(messages.length);
      })();
      const over = errorOf(subscribing);
      await waitFor(() => seen.length > 0 && events().includes('event: message'));
      await first.stop();
      assert.equal((await over).code, Code.Unavailable);
      assert.match(events(), /^event: problem\ndata: .*PM_COMMON_UNAVAILABLE/m);
    });
  });
}
