import { isPeerMeshError } from '@peermesh/errors';
import { createGuardedAgent } from '@peermesh/http-guard';
import type { SecretBox } from '@peermesh/service-kit';
import { type Dispatcher, request } from 'undici';
import type { ClaimedDelivery } from '../../domain/delivery.ts';
import { verdictOnResponse } from '../../domain/http-verdict.ts';
import { signatureHeaders } from '../../domain/webhook-signature.ts';
import type { AttemptOutcome, ChannelSender, Clock } from '../../ports.ts';

/** Sends webhooks, and signs a single request for whoever wants to probe an endpoint. */
export interface WebhookSender extends ChannelSender {
  post(target: {
    readonly url: string;
    readonly id: string;
    readonly body: string;
    readonly secrets: readonly string[];
    readonly attempt: number;
  }): Promise<AttemptOutcome>;
}

const RESPONSE_BYTES_MAX = 4096;

/** Standard Webhooks over HTTP: public addresses only, no redirects, one time limit for the whole attempt. */
export function createWebhookSender(options: {
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly allowHosts: readonly string[];
  readonly connections: number;
}): WebhookSender {
  const agent = createGuardedAgent({
    allowHosts: options.allowHosts,
    connectTimeoutMs: Math.min(5_000, options.timeoutMs),
    headersTimeoutMs: options.timeoutMs,
    bodyTimeoutMs: options.timeoutMs,
    connections: options.connections,
  });
  const post: WebhookSender['post'] = async ({ url, id, body, secrets, attempt }) => {
    const at = options.clock();
    const signal = AbortSignal.timeout(options.timeoutMs);
    try {
      const response = await request(url, {
        method: 'POST',
        dispatcher: agent,
        signal,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'PeerMesh-Webhooks/1',
          'peermesh-attempt': String(attempt),
          ...signatureHeaders({ id, body, at }, secrets),
        },
        body,
      });
      const text = await readBeginning(response.body);
      const retryAfter = response.headers['retry-after'];
      return verdictOnResponse(response.statusCode, text, typeof retryAfter === 'string' ? retryAfter : null, at);
    } catch (error) {
      return verdictOnFailure(error, signal.aborted);
    }
  };
  return {
    post,
    send: (delivery) => {
      const { id, secretSealed, previousSecretSealed, url } = delivery.endpoint;
      const secrets = [secretSealed, previousSecretSealed].flatMap((sealed) =>
        sealed === null ? [] : [options.secrets.open(sealed, id)],
      );
      return post({
        url: url ?? '',
        id: delivery.id,
        body: bodyOf(delivery),
        secrets,
        attempt: delivery.attempts,
      });
    },
    close: () => agent.close(),
  };
}

function bodyOf({ id, payload }: ClaimedDelivery): string {
  return JSON.stringify({
    ...payload,
    data: { ...payload.data, ...(payload.data['deliveryId'] === undefined ? { deliveryId: id } : {}) },
  });
}

async function readBeginning(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= RESPONSE_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).subarray(0, RESPONSE_BYTES_MAX).toString('utf8');
}

function verdictOnFailure(error: unknown, timedOut: boolean): AttemptOutcome {
  const base = { kind: 'retry', httpStatus: null, response: null, retryAfterMs: null } as const;
  if (timedOut) return { ...base, detail: 'timeout' };
  const cause = isPeerMeshError(error) ? error : causeOf(error);
  if (isPeerMeshError(cause)) {
    const isForbidden = cause.code !== 'PM_HTTP_GUARD_HOST_UNRESOLVABLE';
    return {
      ...base,
      kind: isForbidden ? 'rejected' : 'retry',
      detail: cause.code.toLowerCase().replace('pm_http_guard_', ''),
    };
  }
  const code = codeOf(error) ?? codeOf(cause) ?? 'failed';
  return { ...base, detail: `connection_${code.toLowerCase().replace(/[^a-z0-9_]+/g, '_')}`.slice(0, 60) };
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
