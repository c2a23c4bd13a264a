import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Code, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { meshRoutes } from '@peermesh/contracts/mesh';
import { waitFor } from '@peermesh/testkit';
import { GroupRole, MeshHealth, MeshService, PathKind } from '../../../src/gen/peermesh/mesh/v1/mesh_pb.ts';
import { type ApiNode, authorization, rpcClients } from '../../support/api-node.ts';
import { errorOf, refusalOf } from './refusal-cases.ts';
import { rest } from './rest-client.ts';

/** MeshService on the mesh of two that stands by now. */
export function rpcMeshCases(nodes: () => readonly [ApiNode, ApiNode]): void {
  describe('MeshService', () => {
    it('shows the mesh as the REST API does', async () => {
      const { mesh } = rpcClients(nodes()[0]);
      const headers = await authorization();
      const shown = (await mesh.getMesh({}, { headers })).mesh!;
      assert.deepEqual([shown.meshId, shown.members, shown.health], ['harbour', 2, MeshHealth.HEALTHY]);
      const listed = await mesh.listNodes({ pageSize: 1 }, { headers });
      assert.deepEqual([listed.totalSize, listed.nodes[0]?.role], [2, GroupRole.LEADER]);
      const rest = await mesh.listNodes({ pageSize: 1, pageToken: listed.nextPageToken }, { headers });
      assert.deepEqual([rest.nextPageToken, rest.nodes[0]?.name], ['', 'quay-2']);
      assert.equal((await mesh.getTopology({}, { headers })).links.length, 2);
      const { paths } = await mesh.getPaths({ to: 'quay-2' }, { headers });
      assert.deepEqual([paths[0]?.kind, paths[0]?.hops.length], [PathKind.PRIMARY, 2]);
    });

    it('refuses by the codes of gRPC, with the problem as detail', async () => {
      const { mesh } = rpcClients(nodes()[0]);
      const headers = await authorization();
      assert.deepEqual(await refusalOf(mesh.evictNode({ node: 'quay-9' }, { headers })), [
        Code.NotFound,
        'PM_MESH_NODE_UNKNOWN',
      ]);
      assert.deepEqual(await refusalOf(mesh.seedMesh({ meshId: 'quay', joinPolicy: 1 }, { headers })), [
        Code.AlreadyExists,
        'PM_MESH_ALREADY_MEMBER',
      ]);
      const error = await errorOf(mesh.getPaths({ to: 'quay-9' }, { headers }));
      assert.equal(error.metadata.get('peermesh-code'), 'PM_MESH_NODE_UNKNOWN');
    });

    it('tells a watcher the state, then changes, until the watcher goes', async () => {
      const [first, second] = nodes();
      const headers = await authorization();
      const controller = new AbortController();
      const seen: string[] = [];
      const watching = (async () => {
        const changes = rpcClients(second).mesh.watchMesh({}, { headers, signal: controller.signal });
        for await (const { change } of changes) seen.push(change.case ?? '');
      })();
      const over = errorOf(watching);
      await waitFor(() => seen[0] === 'mesh');
      for (const isDraining of [true, false])
        await rest(first, meshRoutes.drainNode, { params: { node: 'quay-1' }, body: { isDraining } });
      await waitFor(() => seen.includes('nodeChanged'));
      controller.abort();
      assert.equal((await over).code, Code.Canceled);
      const ended = /rpc_request_duration_seconds_count\{.*MeshService\/WatchMesh",code="canceled".*\} 1/;
      await waitFor(async () => ended.test(await (await fetch(`${second.url}/metrics`)).text()));
    });

    it('ends a call at its deadline', async () => {
      const { mesh } = rpcClients(nodes()[1]);
      const headers = await authorization();
      const changes = mesh.watchMesh({}, { headers, timeoutMs: 200 });
      const read = (async () => {
        for await (const _ of changes);
      })();
      assert.equal((await errorOf(read)).code, Code.DeadlineExceeded);
    });

    it('answers JSON over the Connect protocol as well', async () => {
      const [first] = nodes();
      const transport = createConnectTransport({ baseUrl: first.grpcUrl, httpVersion: '2', useBinaryFormat: false });
      const { mesh } = await createClient(MeshService, transport).getMesh({}, { headers: await authorization() });
      assert.equal(mesh?.meshId, 'harbour');
    });
  });
}
