import type { Principal } from '@peermesh/authz';
import type { CreateEndpoint, UpdateEndpoint } from '@peermesh/contracts/publisher';
import type { Transaction } from '@peermesh/database';
import { commonErrors, publisherErrors } from '@peermesh/errors';
import type { SecretBox } from '@peermesh/service-kit';
import type { Static } from 'typebox';
import { type EndpointRow, insertEndpoint, updateEndpoint } from '../adapters/pg/endpoint-store.ts';
import { insertDeliveries, insertNotifications } from '../adapters/pg/notification-store.ts';
import { storableText } from '../adapters/pg/sql.ts';
import { newWebhookSecret } from '../domain/webhook-signature.ts';
import type { Clock } from '../ports.ts';

/** What managing endpoints needs. */
export interface EndpointDependencies {
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly isEmailOn: boolean;
  readonly assertUrl: (url: string) => void;
}

const ENDPOINTS_MAX = 100;
const RATE_PER_SECOND = 50;
const BOTH_SECRETS_MS = 24 * 3_600_000;
const VERIFICATION_EVERY_MS = 60_000;

/** Makes an endpoint of the caller: a webhook with its secret, a mail address with a mail that verifies it. */
export async function createEndpoint(
  tx: Transaction<unknown>,
  dependencies: EndpointDependencies,
  principal: Principal,
  body: Static<typeof CreateEndpoint>,
): Promise<{ row: EndpointRow; secret: string | null }> {
  assertTarget(body, dependencies);
  const { rows } = await tx.client.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM publisher_endpoints WHERE user_id = $1 AND channel <> 'callback'`,
    [principal.subject],
  );
  if ((rows[0]?.total ?? 0) >= ENDPOINTS_MAX) {
    throw commonErrors.unprocessable({ detail: `A user may have ${ENDPOINTS_MAX} endpoints.` });
  }
  const secret = body.channel === 'webhook' ? newWebhookSecret() : null;
  const row = await insertEndpoint(tx, {
    tenantId: principal.tenantId,
    userId: principal.subject,
    channel: body.channel,
    name: body.name,
    url: body.url ?? null,
    email: body.email ?? null,
    state: body.channel === 'email' ? 'unverified' : 'active',
    isOrdered: body.isOrdered ?? false,
    ratePerSecond: body.ratePerSecond ?? RATE_PER_SECOND,
    seal: secret === null ? null : (id) => dependencies.secrets.seal(secret, id),
  });
  if (body.channel !== 'email') return { row, secret };
  return { row: await requestVerification(tx, dependencies, row), secret };
}

/** Changes an endpoint. */
export async function changeEndpoint(
  tx: Transaction<unknown>,
  { assertUrl }: EndpointDependencies,
  current: EndpointRow,
  { name, url, isOrdered, ratePerSecond }: Static<typeof UpdateEndpoint>,
): Promise<EndpointRow> {
  if (url !== undefined) {
    if (current.channel !== 'webhook') throw commonErrors.unprocessable({ detail: 'Only a webhook has a URL.' });
    assertUrl(url);
  }
  return updateEndpoint(tx, current.id, {
    ...(name === undefined ? {} : { name: storableText(name) }),
    ...(url === undefined ? {} : { url }),
    ...(isOrdered === undefined ? {} : { is_ordered: isOrdered }),
    ...(ratePerSecond === undefined ? {} : { rate_per_second: ratePerSecond }),
  });
}

/** Gives a webhook a new secret; the old one signs as well for a day. */
export async function rotateSecret(
  tx: Transaction<unknown>,
  { secrets, clock }: EndpointDependencies,
  current: EndpointRow,
): Promise<{ row: EndpointRow; secret: string }> {
  if (current.channel !== 'webhook') throw commonErrors.unprocessable({ detail: 'Only a webhook has a secret.' });
  const secret = newWebhookSecret();
  const row = await updateEndpoint(tx, current.id, {
    secret_sealed: secrets.seal(secret, current.id),
    previous_secret_sealed: current.secret_sealed,
    previous_secret_until: new Date(clock().getTime() + BOTH_SECRETS_MS),
  });
  return { row, secret };
}

/** Sends the mail that verifies an address, at most once a minute. */
export async function requestVerification(
  tx: Transaction<unknown>,
  { clock }: Pick<EndpointDependencies, 'clock'>,
  endpoint: EndpointRow,
): Promise<EndpointRow> {
  if (endpoint.state !== 'unverified') {
    throw commonErrors.unprocessable({ detail: 'The endpoint does not wait for a verification.' });
  }
  const now = clock();
  const sinceMs = now.getTime() - (endpoint.verification_sent_at?.getTime() ?? 0);
  if (sinceMs < VERIFICATION_EVERY_MS) {
    const retryAfterSeconds = Math.ceil((VERIFICATION_EVERY_MS - sinceMs) / 1000);
    throw commonErrors.tooManyRequests({ detail: 'A mail was sent less than a minute ago.', retryAfterSeconds });
  }
  const base = {
    tenantId: endpoint.tenant_id,
    kind: 'verification',
    userId: endpoint.user_id,
    subscriptionId: null,
    documentId: null,
  } as const;
  const [notificationId] = await insertNotifications(tx, [
    {
      ...base,
      documentVersion: null,
      topics: [],
      acl: [],
      payload: () => ({ type: 'endpoint.verification', timestamp: now.toISOString(), data: {} }),
    },
  ]);
  await insertDeliveries(tx, [
    {
      ...base,
      notificationId: notificationId ?? '',
      endpointId: endpoint.id,
      channel: 'email',
      state: 'pending',
      reason: null,
      nextAt: now,
      digestWindow: null,
    },
  ]);
  return updateEndpoint(tx, endpoint.id, { verification_sent_at: now });
}

function assertTarget(body: Static<typeof CreateEndpoint>, { assertUrl, isEmailOn }: EndpointDependencies): void {
  const { channel, url, email } = body;
  if ((channel === 'webhook') !== (url !== undefined)) {
    throw commonErrors.unprocessable({ detail: 'A webhook needs `url`; no other channel has one.' });
  }
  if ((channel === 'email') !== (email !== undefined)) {
    throw commonErrors.unprocessable({ detail: 'The channel email needs `email`; no other channel has one.' });
  }
  if (channel === 'email' && !isEmailOn) throw publisherErrors.channelOff();
  if (url !== undefined) assertUrl(url);
}
