import { newId } from '@peermesh/contracts';
import type { Database, Transaction } from '@peermesh/database';
import { commonErrors, publisherErrors } from '@peermesh/errors';
import type { Bus } from '@peermesh/messaging';
import type { SecretBox } from '@peermesh/service-kit';
import type { WebhookSender } from '../adapters/http/webhook-sender.ts';
import { type EndpointRow, resetGate, updateEndpoint } from '../adapters/pg/endpoint-store.ts';
import type { Clock } from '../ports.ts';
import { tellOwner } from './endpoint-trouble.ts';

/** What enabling needs. */
export interface EnableDependencies {
  readonly db: Database<unknown>;
  readonly bus: Pick<Bus, 'publishMany'>;
  readonly clock: Clock;
  readonly secrets: SecretBox;
  readonly webhooks: WebhookSender;
}

/** Probes a disabled webhook with a signed `endpoint.probe`; throws when it does not answer with 2xx. */
export async function probeEndpoint(
  { clock, secrets, webhooks }: EnableDependencies,
  endpoint: EndpointRow,
): Promise<void> {
  if (endpoint.state !== 'disabled') throw commonErrors.unprocessable({ detail: 'The endpoint is not disabled.' });
  if (endpoint.channel !== 'webhook' || endpoint.url === null) return;
  const body = { type: 'endpoint.probe', timestamp: clock().toISOString(), data: { endpointId: endpoint.id } };
  const outcome = await webhooks.post({
    url: endpoint.url,
    id: newId('delivery'),
    body: JSON.stringify(body),
    secrets: endpoint.secret_sealed === null ? [] : [secrets.open(endpoint.secret_sealed, endpoint.id)],
    attempt: 1,
  });
  if (outcome.kind !== 'delivered')
    throw publisherErrors.probeFailed({ detail: `The probe ended with ${outcome.detail}.` });
}

/** Lets deliveries through again; a mail address that bounced must be verified anew. */
export async function reactivate(
  tx: Transaction<unknown>,
  { bus, clock }: EnableDependencies,
  endpoint: EndpointRow,
): Promise<EndpointRow> {
  const row = await updateEndpoint(tx, endpoint.id, {
    state: endpoint.channel === 'email' ? 'unverified' : 'active',
    disabled_reason: null,
    failing_since: null,
    warned_percent: 0,
  });
  await resetGate(tx, endpoint.id);
  if (row.state === 'active') {
    await tellOwner(tx, bus, row, { state: 'active', reason: null, failingSince: null, percent: 0, at: clock() });
  }
  return row;
}
