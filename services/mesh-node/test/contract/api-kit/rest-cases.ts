import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Mesh, type MeshNode, meshRoutes, type NodeStatus } from '@peermesh/contracts/mesh';
import { type ApiNode, authorization } from '../../support/api-node.ts';
import { eventually } from '../../support/nodes.ts';
import { follow, rest } from './rest-client.ts';

const topic = { topic: 'berths' };
const payload = (text: string) => ({ payload: Buffer.from(text).toString('base64') });

/** Each route at its best, on a mesh that the first node seeds and the second joins. */
export function restCases(nodes: () => readonly [ApiNode, ApiNode]): void {
  describe('over REST', () => {
    it('a node seeds a mesh once, and another joins it with the key and with no other', async () => {
      const [first, second] = nodes();
      const wish = { meshId: 'harbour', joinPolicy: 'key_required' };
      const { status, body } = await rest(first, meshRoutes.seed, { body: wish });
      assert.equal(status, 201);
      const again = await rest(first, meshRoutes.seed, { body: wish });
      assert.deepEqual([again.status, again.body['code']], [409, 'PM_MESH_ALREADY_MEMBER']);
      const way = { meshId: 'harbour', addresses: [first.address] };
      const wrong = { ...way, joinKey: 'a-key-that-nobody-gave-out' };
      const refused = await rest(second, meshRoutes.join, { body: wrong });
      assert.deepEqual([refused.status, refused.body['code']], [403, 'PM_MESH_JOIN_REFUSED']);
      const joined = await rest(second, meshRoutes.join, { body: { ...way, joinKey: body['joinKey'] } });
      assert.deepEqual([joined.status, joined.body['members']], [200, 2]);
    });

    it('shows the mesh, its members and the node itself', async () => {
      const [first] = nodes();
      const mesh = (await rest(first, meshRoutes.getMesh)).body as Mesh;
      assert.deepEqual([mesh.meshId, mesh.members, mesh.leader], ['harbour', 2, mesh.self]);
      const page = (await rest(first, meshRoutes.listNodes, { query: { page: '2', limit: '1' } })).body;
      assert.deepEqual([page['total'], (page['items'] as MeshNode[]).map(({ name }) => name)], [2, ['quay-2']]);
      const one = await rest(first, meshRoutes.getNode, { params: { node: 'quay-2' } });
      assert.equal(one.body['name'], 'quay-2');
      const nobody = await rest(first, meshRoutes.getNode, { params: { node: 'quay-9' } });
      assert.deepEqual([nobody.status, nobody.body['code']], [404, 'PM_MESH_NODE_UNKNOWN']);
      await eventually(async () => {
        const status = (await rest(first, meshRoutes.getStatus)).body as NodeStatus;
        assert.deepEqual([status.state, status.links.map(({ name }) => name)], ['member', ['quay-2']]);
        assert.equal(status.links[0]?.isHealthy, true);
        assert.equal(status.backends['postgres'], 'away');
      });
    });

    it('shows links, paths and what answers on the way', async () => {
      const [first] = nodes();
      await eventually(async () => {
        const topology = await rest(first, meshRoutes.getTopology);
        assert.equal((topology.body['links'] as unknown[]).length, 2);
      });
      const paths = await rest(first, meshRoutes.getPaths, { query: { to: 'quay-2' } });
      assert.equal((paths.body['paths'] as { kind: string }[])[0]?.kind, 'primary');
      for (const route of [meshRoutes.getPaths, meshRoutes.trace]) {
        const { status, body } = await rest(first, route, { query: { to: 'quay-1' } });
        assert.deepEqual([status, body['code']], [400, 'PM_COMMON_VALIDATION_FAILED']);
        assert.match(String(body['detail']), /both ends are the same/);
      }
      const trace = await rest(first, meshRoutes.trace, { query: { to: 'quay-2' } });
      assert.equal((trace.body['hops'] as { name: string }[]).at(-1)?.name, 'quay-2');
    });

    it('measures lanes, paths, drops and durable writes by names that dashboards know', async () => {
      const lane = 'peer="quay-2",lane="0",class="control"';
      const lines = [
        ...['rtt_seconds', 'inflight_bytes', 'window_bytes', 'sent_batches', 'lost_batches', 'downs'].map(
          (figure) => `^mesh_lane_${figure}\\{.*${lane}.*\\} [0-9.e-]+$`,
        ),
        ...['latency_seconds', 'hops', 'cost', 'share'].map(
          (figure) => `^mesh_path_${figure}\\{.*to="quay-2",kind="primary".*\\} [0-9.e-]+$`,
        ),
        `^mesh_lane_state\\{.*${lane},state="up".*\\} 1$`,
        '^mesh_link_credit_wait_seconds\\{.*peer="quay-2",class="bulk".*\\} [0-9.e-]+$',
        '^mesh_link_up\\{.*peer="quay-2".*\\} 1$',
        '^mesh_group_fsync_seconds_count\\{.*group="control".*\\} [1-9]',
        '^mesh_control_group_follower_caught_up\\{.*peer="quay-2".*\\} 1$',
        '^mesh_control_group_lag_entries\\{.*stage="apply".*\\} 0$',
        ...['mesh_dropped_frames', 'mesh_peer_unhealthy', 'mesh_link_loss_ratio'].map(
          (name) => `^# TYPE ${name} gauge$`,
        ),
      ];
      await eventually(async () => {
        const text = await (await fetch(`${nodes()[0].url}/metrics`)).text();
        assert.deepEqual(
          lines.filter((line) => !new RegExp(line, 'm').test(text)),
          [],
        );
      });
    });

    it('keeps what is published for a tenant, and gives it to that tenant alone', async () => {
      const [first] = nodes();
      const headers = await authorization({ scope: 'mesh:publish mesh:subscribe' });
      const messages = [payload('one'), payload('two')];
      const published = await rest(first, meshRoutes.publish, { params: topic, body: { messages }, headers });
      assert.deepEqual([published.status, published.body], [202, { accepted: 2, firstOffset: 1 }]);
      const read = await rest(first, meshRoutes.read, { params: topic, query: { offset: '2' }, headers });
      assert.equal(read.body['endOffset'], 3);
      assert.equal((read.body['messages'] as { payload: string }[])[0]?.payload, payload('two').payload);
      const others = await authorization({ tenant: 'other', scope: 'mesh:subscribe' });
      assert.deepEqual((await rest(first, meshRoutes.read, { params: topic, headers: others })).body['messages'], []);
    });

    it('follows a topic from the event after the last one that arrived', async (t) => {
      const [first] = nodes();
      const headers = { ...(await authorization()), 'last-event-id': '1' };
      const events = await follow(t, `${first.url}/api/v1/mesh/topics/berths/stream`, headers);
      await eventually(() => assert.match(events(), /^id: 2$/m));
      assert.doesNotMatch(events(), /^id: 1$/m);
    });

    it('follows the mesh: its state, then what changes', async (t) => {
      const [first] = nodes();
      const events = await follow(t, `${first.url}/api/v1/mesh/events`, await authorization());
      await eventually(() => assert.match(events(), /^event: mesh$/m));
      const drain = (isDraining: boolean) =>
        rest(first, meshRoutes.drainNode, { params: { node: 'quay-2' }, body: { isDraining } });
      assert.equal((await drain(true)).status, 204);
      await eventually(() => assert.match(events(), /^event: node\ndata: .*"isDraining":true/m));
      assert.equal((await drain(false)).status, 204);
    });

    it('ends a stream that outlives its token, and says why', async (t) => {
      const [first] = nodes();
      const headers = await authorization({ role: 'admin', expiresInSeconds: -1 });
      const paths = ['/api/v1/mesh/events', '/api/v1/mesh/topics/berths/stream'];
      const streams = await Promise.all(paths.map((path) => follow(t, `${first.url}${path}`, headers)));
      for (const events of streams)
        await eventually(() => assert.match(events(), /^event: problem\ndata: .*"PM_COMMON_UNAUTHENTICATED"/m));
    });
  });
}
