import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { waitFor } from '@peermesh/testkit';
import { type ApiNode, authorization } from '../../support/api-node.ts';

const PROTO = join(import.meta.dirname, '../../../../../proto');

/** The gRPC library of Google, with nothing of ours but the .proto files. */
export function foreignClientCases(node: () => ApiNode): void {
  describe('a client of another library', () => {
    it('publishes, reads, and learns why it was refused', async (t) => {
      const client = await clientOf('MeshDataService', node(), t);
      const metadata = new grpc.Metadata();
      metadata.set('authorization', (await authorization()).authorization);
      const stream = client['publish']!(metadata) as grpc.ClientDuplexStream<unknown, { sequence: string }>;
      const answers: string[] = [];
      stream.on('data', ({ sequence }) => answers.push(sequence));
      stream.write({ topic: 'foreign', payloads: [Buffer.from('hello')] });
      await waitFor(() => answers.length === 1);
      stream.end();
      const [error, answer] = await new Promise<[grpc.ServiceError | null, { messages: { payload: Buffer }[] }]>(
        (resolve) =>
          client['read']!({ topic: 'foreign' }, metadata, (...result: [grpc.ServiceError | null, never]) =>
            resolve(result),
          ),
      );
      assert.equal(error, null);
      assert.equal(answer.messages[0]?.payload.toString(), 'hello');
      const [refusal] = await new Promise<[grpc.ServiceError | null]>((resolve) =>
        client['read']!({ topic: 'foreign' }, new grpc.Metadata(), (e: grpc.ServiceError | null) => resolve([e])),
      );
      assert.equal(refusal?.code, grpc.status.UNAUTHENTICATED);
      assert.deepEqual(refusal.metadata.get('peermesh-code'), ['PM_COMMON_UNAUTHENTICATED']);
    });
  });
}

type Client = grpc.Client & Record<string, (...args: unknown[]) => unknown>;

async function clientOf(name: string, { grpcUrl }: ApiNode, t: { after(work: () => void): void }): Promise<Client> {
  const files = loadSync('peermesh/mesh/v1/mesh_data.proto', { includeDirs: [PROTO], longs: String });
  const { peermesh } = grpc.loadPackageDefinition(files) as unknown as {
    peermesh: { mesh: { v1: Record<string, new (host: string, credentials: grpc.ChannelCredentials) => Client> } };
  };
  const client = new peermesh.mesh.v1[name]!(new URL(grpcUrl).host, grpc.credentials.createInsecure());
  t.after(() => client.close());
  return client;
}
