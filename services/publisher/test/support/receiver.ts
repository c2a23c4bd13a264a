import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** One request that a receiver got. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are looked into field by field
  readonly body: any;
  readonly at: number;
}

/** A webhook receiver that answers as it is told. */
export interface Receiver {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** Requests to one path. */
  to(path: string): ReceivedRequest[];
  /** How a path answers from now on; 204 when nothing was said. */
  answer(path: string, reply: (response: ServerResponse, request: ReceivedRequest) => void): void;
  stop(): Promise<void>;
}

/** Checks a request with the library that receivers use. Throws when the signature is wrong. */
export function verifySignature(secret: string, request: ReceivedRequest): unknown {
  return new Webhook(secret).verify(request.text, request.headers as Record<string, string>);
}

/** Starts a receiver. */
export async function startReceiver(): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const replies = new Map<string, (response: ServerResponse, request: ReceivedRequest) => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const path = request.url ?? '/';
      const received = { path, headers: request.headers, text, body: JSON.parse(text), at: Date.now() };
      requests.push(received);
      const reply = replies.get(path);
      if (reply === undefined) response.writeHead(204).end();
      else reply(response, received);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    to: (path) => requests.filter((request) => request.path === path),
    answer: (path, reply) => void replies.set(path, reply),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
