import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Code } from '@connectrpc/connect';
import { meshRoutes } from '@peermesh/contracts/mesh';
import { waitFor } from '@peermesh/testkit';
import { type ApiNode, authorization, rpcClients } from '../../support/api-node.ts';
import { eventually } from '../../support/nodes.ts';
import { errorOf } from './refusal-cases.ts';
import { follow, rest } from './rest-client.ts';

/** How a mesh is taken apart, and a node stopped. */
export function farewellCases(nodes: () => readonly [ApiNode, ApiNode]): void {
  describe('at the end', () => {
    it('a member is evicted over gRPC and knows it', async () => {
      const [first, second] = nodes();
      const headers = await authorization();
      await rpcClients(first).mesh.evictNode({ node: 'quay-2' }, { headers });
      await eventually(async () => assert.equal((await rest(second, meshRoutes.getStatus)).body['state'], 'idle'));
      const gone = await rest(first, meshRoutes.evictNode, { params: { node: 'quay-2' } });
      assert.equal(gone.body['code'], 'PM_MESH_NODE_UNKNOWN');
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
