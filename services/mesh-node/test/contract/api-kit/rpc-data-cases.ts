import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Code } from '@connectrpc/connect';
import { waitFor } from '@peermesh/testkit';
import { DeliveryClass, Priority } from '../../../src/gen/peermesh/mesh/v1/mesh_data_pb.ts';
import { type ApiNode, authorization, rpcClients } from '../../support/api-node.ts';
import { all, errorOf, once, refusalOf } from './refusal-cases.ts';

const KIB = 1024;
/** Three seconds and more from now: clocks may be five seconds apart. */
const SHORTLY = -1;
const payloads = (...texts: string[]) => texts.map((text) => Buffer.from(text));

/** MeshDataService on the mesh of two that stands by now. */
export function rpcDataCases(nodes: () => readonly [ApiNode, ApiNode]): void {
  describe('MeshDataService', () => {
    it('acknowledges each batch in its order, and goes on after one that it refuses', async () => {
      const { data } = rpcClients(nodes()[0]);
      const headers = await authorization({ scope: 'mesh:publish mesh:subscribe' });
      const answers = await all(
        data.publish(
          once(
            { topic: 'cranes', payloads: payloads('one', 'two') },
            { topic: 'not a topic!', payloads: payloads('lost') },
            { topic: 'cranes', payloads: [] },
            { topic: 'cranes', payloads: [new Uint8Array(257 * KIB)] },
            { topic: 'cranes', payloads: payloads('gone'), delivery: DeliveryClass.BEST_EFFORT },
            { topic: 'cranes', payloads: payloads('three'), priority: Priority.SYSTEM },
          ),
          { headers },
        ),
      );
      assert.deepEqual(
        answers.map(({ sequence, outcome }) => [
          Number(sequence),
          outcome.case === 'accepted' ? outcome.value.firstOffset : outcome.value?.code,
        ]),
        [
          [1, 1n],
          [2, 'PM_COMMON_VALIDATION_FAILED'],
          [3, 'PM_COMMON_VALIDATION_FAILED'],
          [4, 'PM_COMMON_VALIDATION_FAILED'],
          [5, undefined],
          [6, 3n],
        ],
      );
      const read = await data.read({ topic: 'cranes', offset: 2n }, { headers });
      assert.deepEqual(
        read.messages.map(({ offset, payload }) => [offset, Buffer.from(payload).toString()]),
        [
          [2n, 'two'],
          [3n, 'three'],
        ],
      );
      assert.deepEqual([read.firstOffset, read.nextOffset, read.endOffset], [1n, 4n, 4n]);
    });

    it('ends a call at a message that is too large', async () => {
      const { data } = rpcClients(nodes()[0]);
      const headers = await authorization();
      const huge = Array.from({ length: 40 }, () => new Uint8Array(128 * KIB));
      const publish = () => all(data.publish(once({ topic: 'huge', payloads: huge }), { headers }));
      // Who is still sending may see the reset of the stream before its status (RFC 9113, 8.1).
      assert.ok([Code.ResourceExhausted, Code.Internal].includes((await errorOf(publish())).code));
      const counted = /rpc_request_duration_seconds_count\{.*MeshDataService\/Publish",code="resource_exhausted"/;
      assert.match(await (await fetch(`${nodes()[0].url}/metrics`)).text(), counted);
      assert.equal((await rpcClients(nodes()[0]).data.read({ topic: 'huge' }, { headers })).endOffset, 1n);
    });

    it('brings a subscriber everything after its offset, published here or elsewhere, and forgets one that goes', async () => {
      const [first, second] = nodes();
      const headers = await authorization();
      const controller = new AbortController();
      const got: string[] = [];
      const subscribing = (async () => {
        const request = { topic: 'cranes', from: { case: 'offset', value: 3n } } as const;
        for await (const { messages } of rpcClients(first).data.subscribe(request, {
          headers,
          signal: controller.signal,
        }))
          got.push(...messages.map(({ payload }) => Buffer.from(payload).toString()));
      })();
      const over = errorOf(subscribing);
      await waitFor(() => got.length > 0);
      await waitFor(async () => {
        await all(rpcClients(second).data.publish(once({ topic: 'cranes', payloads: payloads('far') }), { headers }));
        return got.includes('far');
      });
      assert.equal(got[0], 'three');
      controller.abort();
      assert.equal((await over).code, Code.Canceled);
    });

    it('ends what outlives its token: who reads is told why, who publishes is refused', async () => {
      const { mesh, data } = rpcClients(nodes()[0]);
      const headers = await authorization({ role: 'admin', expiresInSeconds: SHORTLY });
      const more = Promise.withResolvers<void>();
      const requests = (async function* () {
        yield { topic: 'herons', payloads: payloads('in time') };
        await more.promise;
        yield { topic: 'herons', payloads: payloads('late') };
      })();
      const publishing = refusalOf(all(data.publish(requests, { headers })));
      const reading = [all(data.subscribe({ topic: 'herons' }, { headers })), all(mesh.watchMesh({}, { headers }))];
      const over = [Code.Unauthenticated, 'PM_COMMON_UNAUTHENTICATED'];
      assert.deepEqual(await Promise.all(reading.map(refusalOf)), [over, over]);
      more.resolve();
      assert.deepEqual(await publishing, over);
      const { messages } = await data.read({ topic: 'herons' }, { headers: await authorization() });
      assert.deepEqual(
        messages.map(({ payload }) => Buffer.from(payload).toString()),
        ['in time'],
      );
    });

    it('keeps topics of tenants apart, and says when an offset cannot be one', async () => {
      const { data } = rpcClients(nodes()[0]);
      const headers = await authorization({ tenant: 'other', scope: 'mesh:subscribe' });
      assert.deepEqual((await data.read({ topic: 'cranes' }, { headers })).messages, []);
      assert.deepEqual(await refusalOf(data.read({ topic: 'cranes', offset: 1n << 60n }, { headers })), [
        Code.InvalidArgument,
        'PM_COMMON_VALIDATION_FAILED',
      ]);
      const publishing = all(data.publish(once({ topic: 'cranes', payloads: payloads('x') }), { headers }));
      assert.deepEqual(await refusalOf(publishing), [Code.PermissionDenied, 'PM_COMMON_FORBIDDEN']);
    });
  });
}
