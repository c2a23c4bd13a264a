import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { meshRoutes } from '@peermesh/contracts/mesh';
import { ProblemSchema } from '../../../src/gen/peermesh/mesh/v1/problem_pb.ts';
import { type ApiNode, authorization, rpcClients } from '../../support/api-node.ts';
import { type RestRequest, rest } from './rest-client.ts';

const ROUTE_NAMES = Object.keys(meshRoutes) as (keyof typeof meshRoutes)[];
const PATH = { params: { node: 'quay-1', topic: 'berths' } };

/** A request that is wrong, for each route that can be asked wrongly. */
const WRONG: Partial<Record<keyof typeof meshRoutes, RestRequest>> = {
  seed: { body: { meshId: 'harbour', joinPolicy: 'maybe' } },
  join: { body: { meshId: 'harbour', addresses: ['ftp://quay'] } },
  listNodes: { query: { limit: '0' } },
  getNode: { params: { node: 'no such node!' } },
  evictNode: { params: { node: 'quay-1' }, query: { override: 'perhaps' } },
  drainNode: { params: { node: 'quay-1' }, body: { isDraining: 'yes' } },
  getPaths: { query: { from: 'quay-1' } },
  trace: { query: { to: 'quay-1', timeoutMs: '1' } },
  publish: { params: { topic: 'berths' }, body: { messages: [] } },
  read: { params: { topic: 'berths' }, query: { offset: '-1' } },
  subscribe: { params: { topic: 'berths' }, query: { from: 'yesterday' } },
};
const WITHOUT_MESH = ['getMesh', 'watch', 'listNodes', 'getTopology', 'read', 'subscribe'] as const;

/** What nobody gets, over REST and over gRPC alike. */
export function refusalCases(node: () => ApiNode): void {
  describe('a node of no mesh, over REST', () => {
    for (const name of ROUTE_NAMES) {
      it(`${name} refuses who shows no token, and who may not`, async () => {
        const nobody = await rest(node(), meshRoutes[name], { ...PATH, ...WRONG[name], headers: {} });
        assert.deepEqual([nobody.status, nobody.body['code']], [401, 'PM_COMMON_UNAUTHENTICATED']);
        const headers = await authorization({ role: 'user', scope: 'search:read' });
        const other = await rest(node(), meshRoutes[name], { ...PATH, ...WRONG[name], headers });
        assert.deepEqual([other.status, other.body['code']], [403, 'PM_COMMON_FORBIDDEN']);
      });
    }

    for (const [name, request] of Object.entries(WRONG) as [keyof typeof meshRoutes, RestRequest][]) {
      it(`${name} refuses what does not match its contract, and says where`, async () => {
        const { status, body } = await rest(node(), meshRoutes[name], request);
        assert.deepEqual([status, body['code']], [400, 'PM_COMMON_VALIDATION_FAILED']);
        assert.ok(Array.isArray(body['errors']) && body['errors'].length > 0);
      });
    }

    it('says so where a mesh is needed', async () => {
      for (const name of WITHOUT_MESH) {
        const { status, body } = await rest(node(), meshRoutes[name], PATH);
        assert.deepEqual([name, status, body['code']], [name, 409, 'PM_MESH_NOT_MEMBER']);
      }
    });
  });

  describe('a node of no mesh, over gRPC', () => {
    /** Every method, asked wrongly where that is possible. */
    const calls = (headers: Record<string, string>) => {
      const { mesh, data } = rpcClients(node());
      return {
        seedMesh: () => mesh.seedMesh({ meshId: 'harbour' }, { headers }),
        joinMesh: () => mesh.joinMesh({ meshId: 'harbour', addresses: ['ftp://quay'] }, { headers }),
        evictNode: () => mesh.evictNode({ node: 'no such node!' }, { headers }),
        getPaths: () => mesh.getPaths({ from: 'quay-1' }, { headers }),
        read: () => data.read({ topic: 'not a topic!' }, { headers }),
        subscribe: () => all(data.subscribe({ topic: '' }, { headers })),
        listNodes: () => mesh.listNodes({ pageSize: 201 }, { headers }),
        leaveMesh: () => mesh.leaveMesh({}, { headers }),
        getMesh: () => mesh.getMesh({}, { headers }),
        getTopology: () => mesh.getTopology({}, { headers }),
        watchMesh: () => all(mesh.watchMesh({}, { headers })),
        publish: () => all(data.publish(once({ topic: 'berths', payloads: [Buffer.from('a')] }), { headers })),
      };
    };

    it('every method refuses who shows no token, and who may not', async () => {
      for (const [name, call] of Object.entries(calls({})))
        assert.deepEqual(await refusalOf(call()), [Code.Unauthenticated, 'PM_COMMON_UNAUTHENTICATED'], name);
      const headers = await authorization({ role: 'user', scope: 'search:read' });
      for (const [name, call] of Object.entries(calls(headers)))
        assert.deepEqual(await refusalOf(call()), [Code.PermissionDenied, 'PM_COMMON_FORBIDDEN'], name);
    });

    it('refuses an expired token, and an operator of another tenant', async () => {
      const { mesh } = rpcClients(node());
      const expired = await authorization({ role: 'admin', expiresInSeconds: -60 });
      assert.deepEqual(await refusalOf(mesh.getMesh({}, { headers: expired })), [
        Code.Unauthenticated,
        'PM_COMMON_UNAUTHENTICATED',
      ]);
      const foreign = await authorization({ role: 'admin', tenant: 'other' });
      assert.deepEqual(await refusalOf(mesh.getMesh({}, { headers: foreign })), [
        Code.PermissionDenied,
        'PM_COMMON_FORBIDDEN',
      ]);
    });

    it('every method that can be asked wrongly says what is wrong', async () => {
      const operator = await authorization();
      const { seedMesh, joinMesh, evictNode, getPaths, read, subscribe, listNodes } = calls(operator);
      for (const call of [seedMesh, joinMesh, evictNode, getPaths, read, subscribe, listNodes]) {
        const error = await errorOf(call());
        assert.equal(error.code, Code.InvalidArgument);
        const [problem] = error.findDetails(ProblemSchema);
        assert.equal(problem?.code, 'PM_COMMON_VALIDATION_FAILED');
        assert.match(problem?.violations[0]?.pointer ?? '', /^\/request/);
      }
    });

    it('says so where a mesh is needed', async () => {
      const { getMesh, getTopology, watchMesh, leaveMesh } = calls(await authorization());
      for (const call of [getMesh, getTopology, watchMesh, leaveMesh])
        assert.deepEqual(await refusalOf(call()), [Code.FailedPrecondition, 'PM_MESH_NOT_MEMBER']);
    });
  });
}

/** What a stream has to say. */
export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** A stream of these requests. */
export async function* once<T>(...requests: T[]): AsyncIterable<T> {
  yield* requests;
}

/** What a call fails with. */
export async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  const answer = await call.then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(answer instanceof ConnectError, 'the call must fail');
  return answer;
}

/** Code of gRPC, and of the catalogue. */
export async function refusalOf(call: Promise<unknown>): Promise<readonly [Code, string | undefined]> {
  const error = await errorOf(call);
  return [error.code, error.findDetails(ProblemSchema)[0]?.code];
}
