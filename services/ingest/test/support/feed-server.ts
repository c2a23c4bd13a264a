import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server saw of one request. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Requests that were open when this one came, itself included. */
  readonly concurrent: number;
  readonly at: number;
}

/** A web server for tests that writes down how politely it is treated. */
export interface FeedServer {
  readonly url: string;
  readonly host: string;
  readonly seen: SeenRequest[];
  /** Answers a path from now on. */
  on(path: string, handler: (request: IncomingMessage, response: ServerResponse) => void): void;
  requestsFor(path: string): SeenRequest[];
  stop(): Promise<void>;
}

/** Starts the server on a free port. Unknown paths answer 404. */
export async function startFeedServer(): Promise<FeedServer> {
  const handlers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
  const seen: SeenRequest[] = [];
  let open = 0;
  const server: Server = createServer((request, response) => {
    open += 1;
    response.once('close', () => (open -= 1));
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    seen.push({ path, headers: request.headers, concurrent: open, at: Date.now() });
    const handler = handlers.get(path);
    if (handler === undefined) response.writeHead(404).end();
    else handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    seen,
    on: (path, handler) => void handlers.set(path, handler),
    requestsFor: (path) => seen.filter((request) => request.path === path),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An RSS feed of items `[guid, title, text]`. */
export function rssOf(items: readonly (readonly [string, string, string])[]): string {
  const entries = items.map(
    ([guid, title, text]) =>
      `<item><guid isPermaLink="false">${guid}</guid><title>${title}</title><description>${text}</description></item>`,
  );
  return `<?xml version="1.0"?><rss version="2.0"><channel><title>Test</title><link>http://x/</link><description>d</description>${entries.join('')}</channel></rss>`;
}
