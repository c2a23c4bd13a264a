import type { SqlTransaction } from './sql.ts';
import { storableText } from './sql.ts';

/** What becomes of one claimed delivery. */
export interface Transition {
  readonly id: string;
  readonly epoch: number;
  readonly state: 'delivered' | 'retry_wait' | 'scheduled' | 'suppressed' | 'failed' | 'cancelled';
  readonly reason: string | null;
  readonly nextAt: Date | null;
  /** False when nothing was sent: the claim then does not count as an attempt. */
  readonly isAttempt: boolean;
}

/** One line of the delivery log. */
export interface AttemptEntry {
  readonly deliveryId: string;
  readonly tenantId: string;
  readonly number: number;
  readonly startedAt: Date;
  readonly latencyMs: number;
  readonly outcome: string;
  readonly httpStatus: number | null;
  readonly response: string | null;
}

/** Moves deliveries on, each only if its claim is still the current one. Returns the ids that moved. */
export async function applyTransitions(tx: SqlTransaction, transitions: readonly Transition[]): Promise<Set<string>> {
  const ordered = [...transitions].sort((a, b) => (a.id < b.id ? -1 : 1));
  const { rows } = await tx.client.query<{ id: string }>(
    `UPDATE publisher_deliveries d
        SET state = t.state, reason = t.reason, next_at = t.next_at, updated_at = clock_timestamp(),
            delivered_at = CASE WHEN t.state = 'delivered' THEN clock_timestamp() ELSE d.delivered_at END,
            attempts = d.attempts - t.untried, round_attempts = d.round_attempts - t.untried
       FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::int[])
         AS t (id, epoch, state, reason, next_at, untried)
      WHERE d.id = t.id AND d.epoch = t.epoch AND d.state = 'sending'
      RETURNING d.id`,
    [
      ordered.map((one) => one.id),
      ordered.map((one) => one.epoch),
      ordered.map((one) => one.state),
      ordered.map((one) => one.reason),
      ordered.map((one) => one.nextAt),
      ordered.map((one) => (one.isAttempt ? 0 : 1)),
    ],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Ends the other members of digests as their heads ended. */
export async function settleDigestMembers(
  tx: SqlTransaction,
  heads: readonly { readonly id: string; readonly state: string; readonly reason: string | null }[],
): Promise<void> {
  if (heads.length === 0) return;
  await tx.client.query(
    `UPDATE publisher_deliveries d
        SET state = h.state, reason = h.reason, attempts = d.attempts + 1, next_at = NULL, updated_at = clock_timestamp(),
            delivered_at = CASE WHEN h.state = 'delivered' THEN clock_timestamp() END
       FROM unnest($1::text[], $2::text[], $3::text[]) AS h (id, state, reason)
      WHERE d.digest_id = h.id AND d.id <> h.id AND d.state = 'scheduled'`,
    [heads.map(({ id }) => id), heads.map(({ state }) => state), heads.map(({ reason }) => reason)],
  );
}

export async function appendAttempts(tx: SqlTransaction, attempts: readonly AttemptEntry[]): Promise<void> {
  if (attempts.length === 0) return;
  await tx.client.query(
    `INSERT INTO publisher_attempts (delivery_id, tenant_id, number, started_at, latency_ms, outcome, http_status, response)
     SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::int[], $6::text[], $7::int[], $8::text[])`,
    [
      attempts.map((one) => one.deliveryId),
      attempts.map((one) => one.tenantId),
      attempts.map((one) => one.number),
      attempts.map((one) => one.startedAt),
      attempts.map((one) => one.latencyMs),
      attempts.map((one) => one.outcome),
      attempts.map((one) => one.httpStatus),
      attempts.map((one) => (one.response === null ? null : storableText(one.response))),
    ],
  );
}

/** Endpoints that accepted something: whatever was held against them is forgotten. */
export async function recordSuccesses(tx: SqlTransaction, endpointIds: readonly string[]): Promise<void> {
  if (endpointIds.length === 0) return;
  await tx.client.query(
    `UPDATE publisher_endpoints SET failing_since = NULL, warned_percent = 0, last_success_at = clock_timestamp()
      WHERE id = ANY ($1)
        AND (failing_since IS NOT NULL OR last_success_at IS NULL OR last_success_at < clock_timestamp() - interval '5 s')`,
    [endpointIds],
  );
  await tx.client.query(
    `UPDATE publisher_endpoint_gates SET failures = 0, open_until = '-infinity' WHERE endpoint_id = ANY ($1) AND failures > 0`,
    [endpointIds],
  );
}

/** Counts failures in a row of one endpoint; returns how many there are now. */
export async function countFailures(tx: SqlTransaction, endpointId: string, failures: number): Promise<number> {
  const { rows } = await tx.client.query<{ failures: number }>(
    'UPDATE publisher_endpoint_gates SET failures = failures + $2 WHERE endpoint_id = $1 RETURNING failures',
    [endpointId, failures],
  );
  return rows[0]?.failures ?? 0;
}

/** Opens the circuit of an endpoint for a while. */
export async function openBreaker(tx: SqlTransaction, endpointId: string, forMs: number): Promise<void> {
  await tx.client.query(
    `UPDATE publisher_endpoint_gates SET open_until = clock_timestamp() + $2 * interval '1 ms' WHERE endpoint_id = $1`,
    [endpointId, forMs],
  );
}

/** Waiting deliveries of disabled endpoints, locked; at most `limit`. */
export async function takeStranded(
  tx: SqlTransaction,
  limit: number,
): Promise<
  {
    id: string;
    tenant_id: string;
    kind: string;
    channel: 'webhook' | 'realtime' | 'email' | 'callback';
    notification_id: string;
    subscription_id: string | null;
    user_id: string;
    attempts: number;
  }[]
> {
  const { rows } = await tx.client.query(
    `UPDATE publisher_deliveries SET state = 'failed', reason = 'endpoint_disabled', epoch = epoch + 1, next_at = NULL,
            updated_at = clock_timestamp()
      WHERE id IN (SELECT w.id FROM publisher_endpoints e CROSS JOIN LATERAL (
              SELECT d.id FROM publisher_deliveries d
               WHERE d.endpoint_id = e.id AND d.state IN ('pending', 'scheduled', 'retry_wait', 'sending')
                 AND (d.digest_id IS NULL OR d.digest_id = d.id) AND (d.state <> 'sending' OR d.next_at < clock_timestamp())
               LIMIT $1 FOR UPDATE SKIP LOCKED) w
             WHERE e.state = 'disabled' LIMIT $1)
      RETURNING id, tenant_id, kind, channel, notification_id, subscription_id, user_id, attempts`,
    [limit],
  );
  return rows;
}
