import type { CloudEvent } from '@peermesh/contracts';
import type { Transaction } from '@peermesh/database';
import type { EndpointRow } from '../adapters/pg/endpoint-store.ts';
import {
  insertDeliveries,
  insertNotifications,
  type NewDelivery,
  type NewNotification,
} from '../adapters/pg/notification-store.ts';
import { preferencesOf } from '../adapters/pg/preference-store.ts';
import type { NotificationPayload } from '../domain/delivery.ts';
import { applyPreferences } from '../domain/preferences.ts';
import { matchable, type TriggeredDocument } from '../domain/subscription-filter.ts';
import type { IndexedSubscription } from '../domain/subscription-index.ts';
import type { Clock } from '../ports.ts';
import type { SubscriptionCache } from './subscription-cache.ts';

interface Match {
  readonly tenantId: string;
  readonly document: TriggeredDocument;
  readonly subscription: IndexedSubscription;
}

/** Long enough that a notification of the last moment of a window still joins its digest. */
const DIGEST_GRACE_MS = 2_000;

/**
 * Matches documents against all subscriptions and stores what is to be delivered, all inside the transaction that closes
 * the events: one notification for each subscription and version of a document, one delivery for each of its endpoints.
 * @returns how many deliveries there are to send
 */
export async function matchDocuments(
  tx: Transaction<unknown>,
  dependencies: { readonly cache: SubscriptionCache; readonly clock: Clock },
  events: readonly CloudEvent<TriggeredDocument>[],
): Promise<number> {
  const now = dependencies.clock();
  const index = await dependencies.cache.refresh(tx);
  const matches = events.flatMap(({ tenantid: tenantId, data: document }) =>
    index.match(tenantId, matchable(document)).map((subscription): Match => ({ tenantId, document, subscription })),
  );
  if (matches.length === 0) return 0;
  const ids = await insertNotifications(
    tx,
    matches.map((match) => notificationOf(match, now)),
  );
  const endpoints = await endpointsOf(tx, matches);
  const preferences = await preferencesOf(
    tx,
    matches.map(({ tenantId, subscription }) => ({ tenantId, userId: subscription.userId })),
  );
  const deliveries = matches.flatMap((match, position) => {
    const notificationId = ids[position];
    if (typeof notificationId !== 'string') return [];
    const preferred = preferences(match.tenantId, match.subscription.userId);
    return match.subscription.endpointIds.flatMap((endpointId) => {
      const endpoint = endpoints.get(endpointId);
      if (endpoint === undefined || endpoint.channel === 'callback') return [];
      const { channel } = endpoint;
      const verdict =
        endpoint.state === 'unverified'
          ? ({ kind: 'suppress', reason: 'unverified' } as const)
          : applyPreferences(preferred, { channel, topics: match.document.topics }, now);
      return [deliveryOf(match, notificationId, { id: endpointId, channel }, verdict, now)];
    });
  });
  await insertDeliveries(tx, deliveries);
  return deliveries.filter(({ state }) => state !== 'suppressed').length;
}

function notificationOf({ tenantId, document, subscription }: Match, now: Date): NewNotification {
  return {
    tenantId,
    kind: 'document',
    userId: subscription.userId,
    subscriptionId: subscription.id,
    documentId: document.documentId,
    documentVersion: document.version,
    topics: document.topics,
    acl: document.acl,
    payload: (notificationId) => payloadOf(document, subscription, notificationId, now),
  };
}

function payloadOf(
  document: TriggeredDocument,
  subscription: IndexedSubscription,
  notificationId: string,
  now: Date,
): NotificationPayload {
  const { documentId, version, sourceId, title, summary, url, language, topics, keyphrases, entities } = document;
  return {
    type: 'document.matched',
    timestamp: now.toISOString(),
    data: {
      notificationId,
      subscriptionId: subscription.id,
      document: {
        id: documentId,
        version,
        sourceId,
        title,
        summary: summary.slice(0, 1000),
        url,
        language,
        topics,
        keyphrases: keyphrases.slice(0, 20),
        entities: entities.slice(0, 50),
        publishedAt: document.publishedAt,
        indexedAt: document.indexedAt,
      },
    },
  };
}

async function endpointsOf(
  tx: Transaction<unknown>,
  matches: readonly Match[],
): Promise<Map<string, Pick<EndpointRow, 'id' | 'channel' | 'state'>>> {
  const ids = [...new Set(matches.flatMap(({ subscription }) => subscription.endpointIds))];
  const { rows } = await tx.client.query<Pick<EndpointRow, 'id' | 'channel' | 'state'>>(
    'SELECT id, channel, state FROM publisher_endpoints WHERE id = ANY ($1)',
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function deliveryOf(
  { tenantId, document, subscription }: Match,
  notificationId: string,
  endpoint: { readonly id: string; readonly channel: NewDelivery['channel'] },
  verdict: ReturnType<typeof applyPreferences> | { readonly kind: 'suppress'; readonly reason: string },
  now: Date,
): NewDelivery {
  const base = {
    tenantId,
    notificationId,
    kind: 'document',
    subscriptionId: subscription.id,
    endpointId: endpoint.id,
    userId: subscription.userId,
    documentId: document.documentId,
    channel: endpoint.channel,
    reason: null,
    digestWindow: null,
  } as const;
  switch (verdict.kind) {
    case 'send':
      return { ...base, state: 'pending', nextAt: now };
    case 'suppress':
      return { ...base, state: 'suppressed', reason: verdict.reason, nextAt: null };
    case 'wait':
      return { ...base, state: 'scheduled', nextAt: verdict.until };
    case 'digest':
      return {
        ...base,
        state: 'scheduled',
        nextAt: new Date(verdict.windowEnd.getTime() + DIGEST_GRACE_MS),
        digestWindow: verdict.windowStart,
      };
  }
}
