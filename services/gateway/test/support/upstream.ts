import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as an upstream received it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A small real HTTP server that stands where a service would. */
export interface TestUpstream {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly seen: SeenRequest[];
  /** Replaces the answer; the default echoes the request as JSON. */
  answer(listener: RequestListener): void;
  stop(): Promise<void>;
}

/** Starts an upstream that echoes. */
export async function startUpstream(port = 0): Promise<TestUpstream> {
  const seen: SeenRequest[] = [];
  let listener: RequestListener | null = null;
  const server = createServer((request, response) => {
    if (listener !== null) return listener(request, response);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const entry = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks),
      };
      seen.push(entry);
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ ...entry, body: entry.body.toString('latin1').slice(0, 1000), bytes: entry.body.length }),
      );
    });
  });
  server.keepAliveTimeout = 72_000;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    server,
    seen,
    answer: (next) => {
      listener = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
