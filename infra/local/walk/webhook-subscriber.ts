import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

const BODY_BYTES_MAX = 1_048_576;

/** A subscriber as somebody outside would write it: an HTTP server that checks signatures. */
export interface WebhookSubscriber {
  readonly url: string;
  /** Which secret signs; known only after the endpoint was made with this server's URL. */
  trust(secret: string): void;
  /** How many webhooks had a right signature; a retry of the same one counts once. */
  receivedCount(): number;
  /** `<documentId> <version>` of every document that arrived with a right signature. */
  readonly documents: ReadonlySet<string>;
  /** Requests that were refused, with the reason. */
  readonly refused: readonly string[];
  stop(): Promise<void>;
}

interface Notification {
  readonly data?: { readonly document?: { readonly id: string; readonly version: number } };
}

/** Starts the subscriber on a free port of the loopback interface. */
export async function startWebhookSubscriber(): Promise<WebhookSubscriber> {
  const received = new Set<string>();
  const documents = new Set<string>();
  const refused: string[] = [];
  let webhook: Webhook | null = null;
  const server = createServer((request, response) => {
    readBody(request)
      .then((body) => {
        const headers = request.headers as Record<string, string>;
        if (webhook === null) throw new Error('no secret is known yet');
        const { data } = webhook.verify(body, headers) as Notification;
        received.add(headers['webhook-id'] ?? '');
        if (data?.document !== undefined) documents.add(`${data.document.id} ${data.document.version}`);
        response.writeHead(204).end();
      })
      .catch((error: unknown) => {
        refused.push(error instanceof Error ? error.message : String(error));
        response.writeHead(401).end();
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/peermesh`,
    receivedCount: () => received.size,
    documents,
    refused,
    trust: (secret) => {
      webhook = new Webhook(secret);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
