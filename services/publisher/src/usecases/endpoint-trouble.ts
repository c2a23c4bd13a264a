import { EndpointStateChanged } from '@peermesh/contracts/events';
import type { Transaction } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import type { EndpointRow } from '../adapters/pg/endpoint-store.ts';
import { insertDeliveries, insertNotifications } from '../adapters/pg/notification-store.ts';
import { countFailures, openBreaker } from '../adapters/pg/settlement-store.ts';
import { breakerDelayMs, nextHealth } from '../domain/endpoint-health.ts';
import type { AttemptOutcome } from '../ports.ts';

/** When endpoints are spared and given up. */
export interface EndpointPolicy {
  readonly disableAfterMs: number;
  readonly breakerThreshold: number;
  readonly breakerMs: number;
}

interface TroubleDependencies {
  readonly bus: Pick<Bus, 'publishMany'>;
  readonly policy: EndpointPolicy;
}

const NOTICES_MAX = 10;

/** Counts failures of an endpoint, opens its breaker, warns its owner on the way, and disables it in the end. */
export async function recordTrouble(
  tx: Transaction<unknown>,
  { bus, policy }: TroubleDependencies,
  trouble: { readonly endpointId: string; readonly failures: number; readonly last: AttemptOutcome; readonly at: Date },
): Promise<void> {
  const { endpointId, last, at } = trouble;
  const { rows } = await tx.client.query<EndpointRow>('SELECT * FROM publisher_endpoints WHERE id = $1 FOR UPDATE', [
    endpointId,
  ]);
  const endpoint = rows[0];
  if (endpoint === undefined || endpoint.state === 'disabled') return;
  const failures = await countFailures(tx, endpointId, trouble.failures);
  const pauseMs = breakerDelayMs(failures, policy.breakerThreshold, policy.breakerMs);
  if (pauseMs > 0) await openBreaker(tx, endpointId, pauseMs);
  const before = { failingSince: endpoint.failing_since, warnedPercent: endpoint.warned_percent };
  const health = nextHealth(before, { succeeded: false, at }, policy.disableAfterMs);
  const isGone = last.kind === 'gone';
  const disable = isGone || health.disable;
  await tx.client.query(
    `UPDATE publisher_endpoints SET failing_since = $2, warned_percent = $3,
            state = CASE WHEN $4 THEN 'disabled' ELSE state END,
            disabled_reason = CASE WHEN $4 THEN $5 ELSE disabled_reason END,
            updated_at = CASE WHEN $4 THEN clock_timestamp() ELSE updated_at END
      WHERE id = $1`,
    [endpointId, health.failingSince, health.warnedPercent, disable, isGone ? last.detail : 'only_failures'],
  );
  if (!disable && health.warn === null) return;
  const state = disable ? 'disabled' : 'failing';
  const percent = disable ? 100 : (health.warn ?? 0);
  await tellOwner(tx, bus, endpoint, {
    state,
    reason: last.detail,
    failingSince: health.failingSince ?? at,
    percent,
    at,
  });
}

/** Tells the owner of an endpoint about its state, by an event and over their other endpoints. */
export async function tellOwner(
  tx: Transaction<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  endpoint: EndpointRow,
  news: {
    readonly state: 'failing' | 'disabled' | 'active';
    readonly reason: string | null;
    readonly failingSince: Date | null;
    readonly percent: number;
    readonly at: Date;
  },
): Promise<void> {
  const data = {
    endpointId: endpoint.id,
    userId: endpoint.user_id,
    channel: endpoint.channel === 'callback' ? ('webhook' as const) : endpoint.channel,
    state: news.state,
    reason: news.reason?.slice(0, 100) ?? null,
    failingSince: news.failingSince?.toISOString() ?? null,
    percent: news.percent,
  };
  await bus.publishMany(tx, EndpointStateChanged, [
    { data, tenantId: endpoint.tenant_id, partitionKey: endpoint.id, subject: endpoint.id },
  ]);
  const others = await tx.client.query<Pick<EndpointRow, 'id' | 'channel'>>(
    `SELECT id, channel FROM publisher_endpoints
      WHERE tenant_id = $1 AND user_id = $2 AND id <> $3 AND state = 'active' AND channel <> 'callback'
      ORDER BY id LIMIT ${NOTICES_MAX}`,
    [endpoint.tenant_id, endpoint.user_id, endpoint.id],
  );
  if (others.rows.length === 0) return;
  const [notificationId] = await insertNotifications(tx, [
    {
      tenantId: endpoint.tenant_id,
      kind: 'notice',
      userId: endpoint.user_id,
      subscriptionId: null,
      documentId: null,
      documentVersion: null,
      topics: [],
      acl: [],
      payload: () => ({
        type: 'endpoint.notice',
        timestamp: news.at.toISOString(),
        data: { ...data, name: endpoint.name, url: endpoint.url, email: endpoint.email },
      }),
    },
  ]);
  if (typeof notificationId !== 'string') return;
  await insertDeliveries(
    tx,
    others.rows.map(({ id, channel }) => ({
      tenantId: endpoint.tenant_id,
      notificationId,
      kind: 'notice',
      subscriptionId: null,
      endpointId: id,
      userId: endpoint.user_id,
      documentId: null,
      channel,
      state: 'pending',
      reason: null,
      nextAt: news.at,
      digestWindow: null,
    })),
  );
}
