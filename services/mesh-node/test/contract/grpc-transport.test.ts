import { create } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport as createClientTransport } from '@connectrpc/connect-node';
import { waitFor } from '@peermesh/testkit';
import {
  PeerLinkService,
  type PeerMessage,
  PeerMessageSchema,
} from '../../src/gen/peermesh/peerlink/v1/peerlink_pb.ts';
import { createTransport } from '../../src/transport/index.ts';
import { type RawPeer, transportKit } from './transport-kit/index.ts';

const HANDSHAKE_MESSAGES = 2;

transportKit({
  plainScheme: 'grpc',
  secureScheme: 'grpcs',
  create: createTransport,
  dialRaw: async (port, lane) => {
    const outgoing: PeerMessage[] = [];
    let isOpen = true;
    let sent = 0;
    async function* outbox(): AsyncIterable<PeerMessage> {
      while (isOpen) {
        yield* outgoing.splice(0);
        await waitFor(() => !isOpen || outgoing.length > 0, { timeoutMs: 60_000, intervalMs: 1 });
      }
    }
    const controller = new AbortController();
    const raw: RawPeer = {
      received: [],
      endedWith: null,
      send: (value) => {
        sent += 1;
        const content = { case: sent > HANDSHAKE_MESSAGES ? ('batch' as const) : ('handshake' as const), value };
        outgoing.push(create(PeerMessageSchema, { content }));
      },
      close: () => {
        isOpen = false;
        controller.abort();
      },
    };
    const transport = createClientTransport({ baseUrl: `http://127.0.0.1:${port}` });
    const client = createClient(PeerLinkService, transport);
    const read = async (): Promise<void> => {
      const headers = { 'peermesh-lane': String(lane) };
      for await (const { content } of client.link(outbox(), { headers, signal: controller.signal })) {
        if (content.case === 'handshake' || content.case === 'batch') raw.received.push(content.value);
        if (content.case === 'close') raw.endedWith = content.value.reason;
      }
    };
    void read()
      .catch(() => {
        raw.endedWith ??= 'nothing';
      })
      .finally(() => (isOpen = false));
    await waitFor(() => raw.received.length > 0);
    return raw;
  },
});
