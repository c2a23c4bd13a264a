import { setTimeout as delay } from 'node:timers/promises';
import type { SubmitContent } from '@peermesh/contracts/ingest';
import { isPeerMeshError } from '@peermesh/errors';
import type { ApiClients } from './api-clients.ts';

const GIVES_UP_AFTER_MS = 60_000;
const PAUSE_MS = 100;

/** One accepted document. */
export interface Accepted {
  readonly documentId: string;
  readonly contentId: string;
  readonly version: number;
}

/**
 * Submits one item as a careful client does: the same request with the same idempotency key until there is an answer.
 * Rejects when the answer says that the request itself is wrong, or when a minute has passed.
 */
export async function submitPersistently(api: ApiClients, key: string, item: SubmitContent): Promise<Accepted> {
  const deadline = performance.now() + GIVES_UP_AFTER_MS;
  for (;;) {
    try {
      const { body } = await api.ingest.submitContent({ body: item, idempotencyKey: key, timeoutMs: 10_000 });
      return body;
    } catch (error) {
      if (!isWorthRepeating(error) || performance.now() > deadline) {
        throw new Error(`item ${key} was not accepted`, { cause: error });
      }
      await delay(PAUSE_MS);
    }
  }
}

/** No answer, a server that cannot answer now, or the same request still under way. */
function isWorthRepeating(error: unknown): boolean {
  if (!isPeerMeshError(error)) return false;
  return error.status >= 500 || error.status === 409 || error.status === 429 || error.code.startsWith('PM_CLIENT_');
}
