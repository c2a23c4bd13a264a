import type { EventData } from '@peermesh/contracts';
import { PublishingDelivered, PublishingFailed, RealtimeNotified } from '@peermesh/contracts/events';
import type { Database, Transaction } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import { insertDeliveries, insertNotifications } from '../adapters/pg/notification-store.ts';
import {
  appendAttempts,
  applyTransitions,
  recordSuccesses,
  settleDigestMembers,
  type Transition,
} from '../adapters/pg/settlement-store.ts';
import type { ClaimedDelivery, FailureReason } from '../domain/delivery.ts';
import type { RetrySchedule } from '../domain/retry-schedule.ts';
import type { AttemptOutcome, Clock } from '../ports.ts';
import { type EndpointPolicy, recordTrouble } from './endpoint-trouble.ts';
import type { SendDecision } from './send-decision.ts';

/** What came of one claimed delivery. */
export type Settled =
  | {
      readonly delivery: ClaimedDelivery;
      readonly outcome: AttemptOutcome;
      readonly startedAt: Date;
      readonly latencyMs: number;
    }
  | { readonly delivery: ClaimedDelivery; readonly decision: Exclude<SendDecision, { kind: 'send' }> };

/** What settling needs. */
export interface SettleDependencies {
  readonly db: Database<unknown>;
  readonly bus: Pick<Bus, 'publishMany'>;
  readonly schedule: RetrySchedule;
  readonly policy: EndpointPolicy;
  readonly clock: Clock;
}

/**
 * Writes what became of claimed deliveries in one transaction: their state, the log of attempts, the health of their
 * endpoints, events, status callbacks. A delivery whose claim has passed to somebody else is left alone.
 */
export async function settleAttempts(dependencies: SettleDependencies, batch: readonly Settled[]): Promise<void> {
  const now = dependencies.clock();
  const transitions = new Map(batch.map((settled) => [settled.delivery.id, transitionOf(settled, dependencies, now)]));
  await dependencies.db.system(async (tx) => {
    const moved = await applyTransitions(tx, [...transitions.values()]);
    const held = batch.filter(({ delivery }) => moved.has(delivery.id));
    await appendAttempts(
      tx,
      held.flatMap((settled) => ('outcome' in settled ? [attemptOf(settled)] : [])),
    );
    const ended = held.flatMap(({ delivery }) => {
      const transition = transitions.get(delivery.id);
      return transition === undefined || transition.nextAt !== null ? [] : [{ delivery, transition }];
    });
    await settleDigestMembers(
      tx,
      ended.flatMap(({ delivery, transition }) => (delivery.isDigest ? [transition] : [])),
    );
    await announce(tx, dependencies.bus, ended, now);
    await callBack(tx, ended, now);
    await judgeEndpoints(tx, dependencies, held, now);
  });
}

function transitionOf(settled: Settled, { schedule }: SettleDependencies, now: Date): Transition {
  const { id, epoch, roundAttempts } = settled.delivery;
  const base = { id, epoch, reason: null, nextAt: null, isAttempt: true };
  if ('decision' in settled) {
    const { decision } = settled;
    if (decision.kind === 'return') return { ...base, state: 'retry_wait', nextAt: decision.until, isAttempt: false };
    if (decision.kind === 'postpone') return { ...base, state: 'scheduled', nextAt: decision.until, isAttempt: false };
    const state = decision.kind === 'cancel' ? 'cancelled' : 'suppressed';
    return { ...base, state, reason: decision.reason, isAttempt: false };
  }
  const { outcome } = settled;
  if (outcome.kind === 'delivered') return { ...base, state: 'delivered' };
  if (outcome.kind !== 'retry') return { ...base, state: 'failed', reason: outcome.kind };
  const delayMs = schedule.delayAfter(roundAttempts, outcome.retryAfterMs);
  if (delayMs === null) return { ...base, state: 'failed', reason: 'exhausted' };
  return { ...base, state: 'retry_wait', reason: outcome.detail, nextAt: new Date(now.getTime() + delayMs) };
}

function attemptOf({ delivery, outcome, startedAt, latencyMs }: Extract<Settled, { outcome: AttemptOutcome }>) {
  return {
    deliveryId: delivery.id,
    tenantId: delivery.tenantId,
    number: delivery.attempts,
    startedAt,
    latencyMs: Math.round(latencyMs),
    outcome: outcome.detail,
    httpStatus: outcome.httpStatus,
    response: outcome.response,
  };
}

type Ended = { readonly delivery: ClaimedDelivery; readonly transition: Transition };

async function announce(
  tx: Transaction<unknown>,
  bus: Pick<Bus, 'publishMany'>,
  ended: readonly Ended[],
  now: Date,
): Promise<void> {
  const item = <Data>({ delivery }: Ended, data: Data) => ({
    data,
    tenantId: delivery.tenantId,
    partitionKey: delivery.endpoint.id,
    subject: delivery.id,
  });
  const delivered = ended.filter(({ transition }) => transition.state === 'delivered');
  const realtime = delivered.filter(({ delivery }) => delivery.channel === 'realtime');
  await bus.publishMany(
    tx,
    RealtimeNotified,
    realtime.map((one) => item(one, realtimeOf(one.delivery))),
  );
  await bus.publishMany(
    tx,
    PublishingDelivered,
    delivered.flatMap((one) => {
      const facts = factsOf(one.delivery);
      return facts === null ? [] : [item(one, { ...facts, deliveredAt: now.toISOString() })];
    }),
  );
  await bus.publishMany(
    tx,
    PublishingFailed,
    ended.flatMap((one) => {
      const facts = factsOf(one.delivery);
      if (facts === null || one.transition.state !== 'failed') return [];
      return [item(one, { ...facts, reason: one.transition.reason as FailureReason })];
    }),
  );
}

function factsOf(delivery: ClaimedDelivery) {
  const { id, notificationId, subscriptionId, userId, channel, attempts, kind } = delivery;
  if (kind !== 'document' || subscriptionId === null || channel === 'callback') return null;
  return { deliveryId: id, notificationId, subscriptionId, userId, channel, attempts };
}

function realtimeOf(delivery: ClaimedDelivery): EventData<typeof RealtimeNotified> {
  return {
    deliveryId: delivery.id,
    notificationId: delivery.notificationId,
    subscriptionId: delivery.subscriptionId,
    userId: delivery.userId,
    topic: 'notifications',
    payload: { ...delivery.payload },
  };
}

async function callBack(tx: Transaction<unknown>, ended: readonly Ended[], now: Date): Promise<void> {
  const wanted = ended.filter(
    ({ delivery }) => factsOf(delivery) !== null && delivery.endpoint.callbackEndpointId !== null,
  );
  const ids = await insertNotifications(
    tx,
    wanted.map(({ delivery, transition }) => ({
      tenantId: delivery.tenantId,
      kind: 'status',
      userId: delivery.userId,
      subscriptionId: null,
      documentId: null,
      documentVersion: null,
      topics: [],
      acl: [],
      payload: () => ({
        type: 'delivery.status',
        timestamp: now.toISOString(),
        data: {
          ...factsOf(delivery),
          documentId: delivery.documentId,
          endpointId: delivery.endpoint.id,
          state: transition.state,
          reason: transition.reason,
        },
      }),
    })),
  );
  await insertDeliveries(
    tx,
    wanted.flatMap(({ delivery }, index) => {
      const notificationId = ids[index];
      const endpointId = delivery.endpoint.callbackEndpointId;
      if (typeof notificationId !== 'string' || endpointId === null) return [];
      return [
        {
          tenantId: delivery.tenantId,
          notificationId,
          kind: 'status',
          subscriptionId: null,
          endpointId,
          userId: delivery.userId,
          documentId: null,
          channel: 'callback',
          state: 'pending',
          reason: null,
          nextAt: now,
          digestWindow: null,
        } as const,
      ];
    }),
  );
}

async function judgeEndpoints(
  tx: Transaction<unknown>,
  dependencies: SettleDependencies,
  settled: readonly Settled[],
  now: Date,
): Promise<void> {
  const tried = settled.filter((one) => 'outcome' in one);
  const succeeded = new Set(
    tried.filter(({ outcome }) => outcome.kind === 'delivered').map(({ delivery }) => delivery.endpoint.id),
  );
  await recordSuccesses(tx, [...succeeded].sort());
  const troubled = new Map<string, { failures: number; last: AttemptOutcome }>();
  for (const { delivery, outcome } of tried) {
    const isTrouble = outcome.kind === 'gone' || (outcome.kind === 'retry' && !succeeded.has(delivery.endpoint.id));
    if (!isTrouble) continue;
    const before = troubled.get(delivery.endpoint.id);
    const last = before?.last.kind === 'gone' ? before.last : outcome;
    troubled.set(delivery.endpoint.id, { failures: (before?.failures ?? 0) + 1, last });
  }
  for (const [endpointId, trouble] of [...troubled].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await recordTrouble(tx, dependencies, { endpointId, ...trouble, at: now });
  }
}
