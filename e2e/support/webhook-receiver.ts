import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { startLoopbackServer } from './loopback-server.ts';

/** What a webhook says; the parts that tests look at. */
export interface WebhookMessage {
  readonly type: string;
  readonly data: { readonly document?: { readonly id: string; readonly version: number; readonly title: string } };
}

/** A subscriber that trusts only what the library of Standard Webhooks verifies. */
export interface WebhookReceiver {
  readonly url: string;
  /** Everything with a right signature by `webhook-id`: a retry of the same message counts once. */
  readonly messages: ReadonlyMap<string, WebhookMessage>;
  /** Requests with a right signature, retries included. */
  requests(): number;
  /** Why requests were refused. */
  readonly refused: readonly string[];
  trust(secret: string): void;
  stop(): Promise<void>;
}

/** Starts the receiver. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const messages = new Map<string, WebhookMessage>();
  const refused: string[] = [];
  let requests = 0;
  let webhook: Webhook | null = null;
  const server = await startLoopbackServer((request, response) => {
    text(request)
      .then((body) => {
        const headers = request.headers as Record<string, string>;
        if (webhook === null) throw new Error('no secret is known yet');
        messages.set(headers['webhook-id'] ?? '', webhook.verify(body, headers) as WebhookMessage);
        requests += 1;
        response.writeHead(204).end();
      })
      .catch((error: unknown) => {
        // A sender that was killed while it sent is no wrong signature.
        if (request.destroyed && !request.complete) return;
        refused.push(String(error));
        response.writeHead(401).end();
      });
  });
  return {
    url: `${server.url}/hook`,
    messages,
    refused,
    requests: () => requests,
    trust: (secret) => {
      webhook = new Webhook(secret);
    },
    stop: server.stop,
  };
}
