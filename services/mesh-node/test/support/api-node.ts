import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { stopInOrder } from '@peermesh/service-kit';
import { freePort, issueTestToken, silentLogger, type TestClaims, temporaryFolder, testJwks } from '@peermesh/testkit';
import { buildApp, type MeshNodeService } from '../../src/app.ts';
import { loadMeshNodeConfig } from '../../src/config.ts';
import { MeshDataService } from '../../src/gen/peermesh/mesh/v1/mesh_data_pb.ts';
import { MeshService } from '../../src/gen/peermesh/mesh/v1/mesh_pb.ts';

/** A whole node, with its REST and its gRPC API, whose PostgreSQL, NATS and Redis are away. */
export interface ApiNode {
  readonly name: string;
  readonly url: string;
  readonly grpcUrl: string;
  /** Where other nodes connect. */
  readonly address: string;
  readonly service: MeshNodeService;
  stop(): Promise<void>;
}

/** Starts one; whoever asks it shows a token of the testkit. */
export async function startApiNode(name: string, env: Readonly<Record<string, string>> = {}): Promise<ApiNode> {
  const folder = temporaryFolder(`mesh-${name}`);
  const address = env['MESH_LISTEN'] ?? `ws://127.0.0.1:${await freePort()}`;
  const config = loadMeshNodeConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    SHUTDOWN_GRACE_MS: '1000',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
    NATS_URL: 'nats://127.0.0.1:1',
    REDIS_URL: 'redis://127.0.0.1:1',
    JWKS_URL: 'http://127.0.0.1:1/jwks.json',
    MESH_REVOCATIONS_AGE_MAX_MS: '0',
    MESH_GRPC_LISTEN: '127.0.0.1:0',
    MESH_HOME: folder.path,
    MESH_NAME: name,
    MESH_LISTEN: address,
    ...env,
  });
  const service = await buildApp(config, { logger: silentLogger(), jwks: testJwks });
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 });
  let isStopped = false;
  return {
    name,
    url,
    grpcUrl: service.grpcUrl ?? '',
    address,
    service,
    stop: async () => {
      if (isStopped) return;
      isStopped = true;
      await stopInOrder(service, 1_000);
      folder.remove();
    },
  };
}

/** The header of somebody with these claims; an operator without any. */
export async function authorization(claims: TestClaims = { role: 'admin' }): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await issueTestToken(claims)}` };
}

/** Clients of both services, as generated. */
export function rpcClients(node: Pick<ApiNode, 'grpcUrl'>) {
  const transport = createGrpcTransport({ baseUrl: node.grpcUrl });
  return { mesh: createClient(MeshService, transport), data: createClient(MeshDataService, transport) };
}
