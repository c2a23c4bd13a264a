import type { Preferences } from '@peermesh/contracts/publisher';
import type { ClaimedDelivery, NotificationPayload } from '../../domain/delivery.ts';
import { OPEN_STATES } from './delivery-store.ts';
import { preferencesOf } from './preference-store.ts';
import type { SqlTransaction } from './sql.ts';

/** Limits of one claim. */
export interface ClaimOptions {
  /** Deliveries at most. */
  readonly limit: number;
  /** Claims that may be open for one endpoint, over all replicas. */
  readonly endpointMax: number;
  /** After this many failures in a row only one attempt at a time goes through. */
  readonly breakerThreshold: number;
  /** After this without a result somebody else may claim the delivery. */
  readonly leaseMs: number;
}

/** A claimed delivery with what its recipient prefers now. */
export interface Claim {
  readonly delivery: ClaimedDelivery;
  readonly preferences: Preferences;
}

const open = (alias: string): string =>
  `${alias}.state IN ${OPEN_STATES} AND (${alias}.digest_id IS NULL OR ${alias}.digest_id = ${alias}.id)`;

/**
 * Endpoints that have due deliveries are visited in turns, and each gives as many as its share, its token bucket and
 * its breaker allow: a slow endpoint with a million deliveries takes no more room than one with four. The gate row is locked
 * while this runs, so replicas share the limits. A delivery whose lease has ended is due again, with the next epoch.
 */
const CLAIM = `
  WITH RECURSIVE busy AS (
    (SELECT d.endpoint_id FROM publisher_deliveries d WHERE ${open('d')} ORDER BY d.endpoint_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.endpoint_id FROM publisher_deliveries d
             WHERE ${open('d')} AND d.endpoint_id > busy.endpoint_id ORDER BY d.endpoint_id LIMIT 1)
      FROM busy WHERE busy.endpoint_id IS NOT NULL
  ), gates AS MATERIALIZED (
    SELECT g.endpoint_id, e.state, e.is_ordered, g.failures >= $3 AS is_half_open,
           least(e.rate_per_second, g.tokens + e.rate_per_second * extract(epoch FROM clock_timestamp() - g.tokens_at)) AS tokens
      FROM busy
      JOIN publisher_endpoint_gates g ON g.endpoint_id = busy.endpoint_id
      JOIN publisher_endpoints e ON e.id = g.endpoint_id
     WHERE e.state <> 'disabled' AND g.open_until <= clock_timestamp()
       AND g.tokens + e.rate_per_second * extract(epoch FROM clock_timestamp() - g.tokens_at) >= 1
       AND EXISTS (SELECT 1 FROM publisher_deliveries d
                    WHERE d.endpoint_id = g.endpoint_id AND ${open('d')} AND d.next_at <= clock_timestamp()
                      AND (e.state = 'active' OR d.kind = 'verification'))
     ORDER BY g.claimed_at
     LIMIT $1
     FOR UPDATE OF g SKIP LOCKED
  ), picked AS MATERIALIZED (
    SELECT d.id, gates.endpoint_id
      FROM gates
     CROSS JOIN LATERAL (
       SELECT count(*) AS n FROM publisher_deliveries s
        WHERE s.endpoint_id = gates.endpoint_id AND s.state = 'sending' AND (s.digest_id IS NULL OR s.digest_id = s.id)
          AND s.next_at > clock_timestamp()) under_way
     CROSS JOIN LATERAL (
       SELECT d.id FROM publisher_deliveries d
        WHERE d.endpoint_id = gates.endpoint_id AND ${open('d')} AND d.next_at <= clock_timestamp()
          AND (gates.state = 'active' OR d.kind = 'verification')
          AND (NOT gates.is_ordered OR d.id =
            (SELECT o.id FROM publisher_deliveries o WHERE o.endpoint_id = gates.endpoint_id AND ${open('o')} ORDER BY o.id LIMIT 1))
        ORDER BY d.next_at, d.id
        LIMIT greatest(0, least(floor(gates.tokens)::bigint,
          CASE WHEN gates.is_ordered OR gates.is_half_open THEN 1 ELSE $2 END - under_way.n))
        FOR UPDATE SKIP LOCKED) d
     LIMIT $1
  ), spent AS (
    UPDATE publisher_endpoint_gates g
       SET tokens = gates.tokens - coalesce(taken.n, 0), tokens_at = clock_timestamp(), claimed_at = clock_timestamp()
      FROM gates LEFT JOIN (SELECT endpoint_id, count(*) AS n FROM picked GROUP BY endpoint_id) taken USING (endpoint_id)
     WHERE g.endpoint_id = gates.endpoint_id
  )
  UPDATE publisher_deliveries d
     SET state = 'sending', epoch = d.epoch + 1, attempts = d.attempts + 1, round_attempts = d.round_attempts + 1,
         next_at = clock_timestamp() + $4 * interval '1 ms', updated_at = clock_timestamp()
    FROM picked WHERE d.id = picked.id
  RETURNING d.id, d.epoch, d.attempts, d.round_attempts`;

interface Loaded {
  readonly id: string;
  readonly tenant_id: string;
  readonly epoch: number;
  readonly kind: ClaimedDelivery['kind'];
  readonly channel: ClaimedDelivery['channel'];
  readonly notification_id: string;
  readonly subscription_id: string | null;
  readonly user_id: string;
  readonly user_roles: string[] | null;
  readonly document_id: string | null;
  readonly attempts: number;
  readonly round_attempts: number;
  readonly digest_id: string | null;
  readonly topics: string[];
  readonly acl: string[];
  readonly payload: NotificationPayload;
  readonly subscription_state: ClaimedDelivery['subscriptionState'];
  readonly created_at: Date;
  readonly endpoint_id: string;
  readonly url: string | null;
  readonly email: string | null;
  readonly secret_sealed: string | null;
  readonly previous_secret_sealed: string | null;
  readonly callback_endpoint_id: string | null;
}

/** Takes due deliveries, each with a lease, and everything that is needed to send them. */
export async function claimDeliveries(tx: SqlTransaction, options: ClaimOptions): Promise<Claim[]> {
  const claimed = await tx.client.query<{ id: string }>(CLAIM, [
    options.limit,
    options.endpointMax,
    options.breakerThreshold,
    options.leaseMs,
  ]);
  if (claimed.rows.length === 0) return [];
  const ids = claimed.rows.map(({ id }) => id);
  const { rows } = await tx.client.query<Loaded>(
    `SELECT d.*, n.topics, n.acl, n.payload, s.user_roles, s.state AS subscription_state, s.callback_endpoint_id,
            e.url, e.email, e.secret_sealed,
            CASE WHEN e.previous_secret_until > now() THEN e.previous_secret_sealed END AS previous_secret_sealed
       FROM publisher_deliveries d
       JOIN publisher_notifications n ON n.id = d.notification_id
       JOIN publisher_endpoints e ON e.id = d.endpoint_id
       LEFT JOIN publisher_subscriptions s ON s.id = d.subscription_id
      WHERE d.id = ANY ($1) ORDER BY d.id`,
    [ids],
  );
  const digests = await digestsOf(tx, rows);
  const preferences = await preferencesOf(
    tx,
    rows.map((row) => ({ tenantId: row.tenant_id, userId: row.user_id })),
  );
  return rows.map((row) => ({
    delivery: deliveryFrom(row, digests.get(row.id) ?? []),
    preferences: preferences(row.tenant_id, row.user_id),
  }));
}

async function digestsOf(
  tx: SqlTransaction,
  rows: readonly Loaded[],
): Promise<Map<string, { deliveryId: string; payload: NotificationPayload }[]>> {
  const heads = rows.filter((row) => row.digest_id === row.id).map(({ id }) => id);
  const digests = new Map<string, { deliveryId: string; payload: NotificationPayload }[]>();
  if (heads.length === 0) return digests;
  const members = await tx.client.query<{ id: string; digest_id: string; payload: NotificationPayload }>(
    `SELECT d.id, d.digest_id, n.payload FROM publisher_deliveries d JOIN publisher_notifications n ON n.id = d.notification_id
      WHERE d.digest_id = ANY ($1) AND (d.id = d.digest_id OR d.state = 'scheduled') ORDER BY d.id`,
    [heads],
  );
  for (const { id, digest_id: head, payload } of members.rows) {
    digests.set(head, [...(digests.get(head) ?? []), { deliveryId: id, payload }]);
  }
  return digests;
}

function deliveryFrom(row: Loaded, digest: ClaimedDelivery['digest']): ClaimedDelivery {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    epoch: row.epoch,
    kind: row.kind,
    channel: row.channel,
    notificationId: row.notification_id,
    subscriptionId: row.subscription_id,
    userId: row.user_id,
    userRoles: row.user_roles ?? [],
    documentId: row.document_id,
    attempts: row.attempts,
    roundAttempts: row.round_attempts,
    topics: row.topics,
    acl: row.acl,
    payload: row.payload,
    isDigest: row.digest_id !== null,
    digest,
    subscriptionState: row.subscription_state,
    createdAt: row.created_at,
    endpoint: {
      id: row.endpoint_id,
      url: row.url,
      email: row.email,
      secretSealed: row.secret_sealed,
      previousSecretSealed: row.previous_secret_sealed,
      callbackEndpointId: row.callback_endpoint_id,
    },
  };
}
