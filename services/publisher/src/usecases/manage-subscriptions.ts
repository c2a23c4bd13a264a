import { type Principal, rolesOf } from '@peermesh/authz';
import type { CreateSubscription, SubscriptionFilter, UpdateSubscription } from '@peermesh/contracts/publisher';
import type { Transaction } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import type { SecretBox } from '@peermesh/service-kit';
import type { Static } from 'typebox';
import { cancelDeliveries } from '../adapters/pg/delivery-store.ts';
import { deleteEndpoint, insertEndpoint } from '../adapters/pg/endpoint-store.ts';
import {
  findSubscription,
  insertSubscription,
  type SubscriptionRow,
  updateSubscription,
} from '../adapters/pg/subscription-store.ts';
import { compileFilter } from '../domain/subscription-filter.ts';
import { newWebhookSecret } from '../domain/webhook-signature.ts';

/** What managing subscriptions needs. */
export interface SubscriptionDependencies {
  readonly secrets: SecretBox;
  readonly assertUrl: (url: string) => void;
}

/** A subscription, with the secret of its status callbacks when that is new. */
export interface SubscriptionResult {
  readonly row: SubscriptionRow;
  readonly statusCallbackSecret: string | null;
}

const CALLBACKS_PER_SECOND = 100;
const SUBSCRIPTIONS_MAX = 1_000;

/** Makes a subscription of the caller. */
export async function createSubscription(
  tx: Transaction<unknown>,
  dependencies: SubscriptionDependencies,
  principal: Principal,
  body: Static<typeof CreateSubscription>,
): Promise<SubscriptionResult> {
  assertFilter(body.filter);
  await assertEndpoints(tx, principal.subject, body.endpointIds);
  const { rows } = await tx.client.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM publisher_subscriptions WHERE user_id = $1 AND state <> 'deleted'`,
    [principal.subject],
  );
  if ((rows[0]?.total ?? 0) >= SUBSCRIPTIONS_MAX) {
    throw commonErrors.unprocessable({ detail: `A user may have ${SUBSCRIPTIONS_MAX} subscriptions.` });
  }
  const callback = await makeCallback(
    tx,
    dependencies,
    principal.tenantId,
    principal.subject,
    body.statusCallbackUrl ?? null,
  );
  const row = await insertSubscription(tx, {
    tenantId: principal.tenantId,
    userId: principal.subject,
    userRoles: rolesOf(principal),
    name: body.name,
    filter: body.filter,
    endpointIds: body.endpointIds,
    callbackEndpointId: callback?.id ?? null,
    state: body.state ?? 'active',
  });
  return { row, statusCallbackSecret: callback?.secret ?? null };
}

/** Changes a subscription; a new callback URL gets a new secret. */
export async function changeSubscription(
  tx: Transaction<unknown>,
  dependencies: SubscriptionDependencies,
  current: SubscriptionRow,
  body: Static<typeof UpdateSubscription>,
  principal: Principal,
): Promise<SubscriptionResult> {
  if (body.filter !== undefined) assertFilter(body.filter);
  if (body.endpointIds !== undefined) await assertEndpoints(tx, current.user_id, body.endpointIds);
  const { statusCallbackUrl: url } = body;
  const changesCallback = url !== undefined && url !== current.callback_url;
  const callback = changesCallback
    ? await makeCallback(tx, dependencies, current.tenant_id, current.user_id, url)
    : null;
  const row = await updateSubscription(tx, current.id, {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.filter === undefined ? {} : { filter: body.filter }),
    ...(body.endpointIds === undefined ? {} : { endpointIds: body.endpointIds }),
    ...(body.state === undefined ? {} : { state: body.state }),
    ...(principal.subject === current.user_id ? { userRoles: rolesOf(principal) } : {}),
    ...(changesCallback ? { callbackEndpointId: callback?.id ?? null } : {}),
  });
  if (changesCallback) await removeCallback(tx, current);
  return { row: row ?? current, statusCallbackSecret: callback?.secret ?? null };
}

/** Ends a subscription and what it still had to deliver. */
export async function endSubscription(tx: Transaction<unknown>, id: string): Promise<void> {
  const current = await findSubscription(tx, id, { lock: true });
  if (current === null) return;
  await updateSubscription(tx, id, { state: 'deleted', callbackEndpointId: null });
  await removeCallback(tx, current);
  await cancelDeliveries(tx, { subscriptionId: id }, 'subscription_deleted');
}

async function makeCallback(
  tx: Transaction<unknown>,
  { secrets, assertUrl }: SubscriptionDependencies,
  tenantId: string,
  userId: string,
  url: string | null,
): Promise<{ id: string; secret: string } | null> {
  if (url === null) return null;
  assertUrl(url);
  const secret = newWebhookSecret();
  const { id } = await insertEndpoint(tx, {
    tenantId,
    userId,
    channel: 'callback',
    name: 'status callbacks',
    url,
    email: null,
    state: 'active',
    isOrdered: false,
    ratePerSecond: CALLBACKS_PER_SECOND,
    seal: (endpointId) => secrets.seal(secret, endpointId),
  });
  return { id, secret };
}

async function removeCallback(tx: Transaction<unknown>, { callback_endpoint_id: id }: SubscriptionRow): Promise<void> {
  if (id === null) return;
  await cancelDeliveries(tx, { endpointId: id }, 'endpoint_deleted');
  await deleteEndpoint(tx, id);
}

function assertFilter(filter: SubscriptionFilter): void {
  compileFilter(filter);
  const hasWords = [...(filter.topics ?? []), ...(filter.entities ?? []).map(({ name }) => name ?? 'x')].every((text) =>
    /[\p{L}\p{N}]/u.test(text),
  );
  if (!hasWords) throw commonErrors.unprocessable({ detail: 'Topics and names need a letter or a digit.' });
}

async function assertEndpoints(tx: Transaction<unknown>, userId: string, ids: readonly string[]): Promise<void> {
  const { rows } = await tx.client.query<{ id: string }>(
    `SELECT id FROM publisher_endpoints WHERE id = ANY ($1) AND user_id = $2 AND channel <> 'callback' FOR SHARE`,
    [ids, userId],
  );
  const known = new Set(rows.map(({ id }) => id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0) {
    throw commonErrors.unprocessable({ detail: `The subscriber has no endpoint ${missing.join(', ')}.` });
  }
}
