import { newId } from '@peermesh/contracts';
import type { DecisionRecord } from '@peermesh/contracts/auth';
import type { Selectable } from 'kysely';
import type { Origin } from '../../ports.ts';
import type { DecisionRow, Tx } from './schema.ts';

export type StoredDecision = Omit<Selectable<DecisionRow>, 'recorded_at'>;

/** What auth itself decided about a credential. */
export interface AuthenticationDecision {
  readonly tenantId: string;
  readonly actor: string | null;
  readonly action: string;
  readonly resource?: string | null;
  readonly allowed: boolean;
  readonly reason: string;
  readonly origin: Origin | null;
  readonly at: Date;
}

/** Appends decisions; one insert whatever their number. */
export async function appendDecisions(tx: Tx, decisions: readonly StoredDecision[]): Promise<void> {
  if (decisions.length > 0)
    await tx.query
      .insertInto('auth_decisions')
      .values([...decisions])
      .execute();
}

/** Appends a decision of auth's own. */
export async function appendOwnDecision(tx: Tx, decision: AuthenticationDecision): Promise<void> {
  await appendDecisions(tx, [
    {
      id: newId('decision'),
      tenant_id: decision.tenantId,
      kind: 'authentication',
      actor: decision.actor,
      action: decision.action,
      resource: decision.resource ?? null,
      allowed: decision.allowed,
      reason: decision.reason,
      service: 'auth',
      ip: decision.origin?.ip ?? null,
      request_id: decision.origin?.requestId ?? null,
      occurred_at: decision.at,
    },
  ]);
}

export interface DecisionFilter {
  readonly kind?: 'authentication' | 'authorization';
  readonly actor?: string;
  readonly action?: string;
  readonly service?: string;
  readonly allowed?: boolean;
  readonly requestId?: string;
  readonly from?: string;
  readonly to?: string;
}

/** One page of the log, newest first, and the number of all entries that match. */
export async function listDecisions(
  tx: Tx,
  filter: DecisionFilter,
  window: { readonly limit: number; readonly offset: number },
): Promise<{ items: DecisionRecord[]; total: number }> {
  let query = tx.query.selectFrom('auth_decisions');
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
  if (filter.actor !== undefined) query = query.where('actor', '=', filter.actor);
  if (filter.action !== undefined) query = query.where('action', '=', filter.action);
  if (filter.service !== undefined) query = query.where('service', '=', filter.service);
  if (filter.allowed !== undefined) query = query.where('allowed', '=', filter.allowed);
  if (filter.requestId !== undefined) query = query.where('request_id', '=', filter.requestId);
  if (filter.from !== undefined) query = query.where('occurred_at', '>=', new Date(filter.from));
  if (filter.to !== undefined) query = query.where('occurred_at', '<', new Date(filter.to));
  const { total } = await query.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow();
  const rows = await query
    .selectAll()
    .orderBy('occurred_at', 'desc')
    .orderBy('id', 'desc')
    .limit(window.limit)
    .offset(window.offset)
    .execute();
  return { items: rows.map(decisionOf), total: Number(total) };
}

export async function findDecision(tx: Tx, id: string): Promise<DecisionRecord | null> {
  const row = await tx.query.selectFrom('auth_decisions').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : decisionOf(row);
}

function decisionOf(row: Selectable<DecisionRow>): DecisionRecord {
  return {
    id: row.id,
    kind: row.kind,
    actor: row.actor,
    action: row.action,
    resource: row.resource,
    allowed: row.allowed,
    reason: row.reason,
    service: row.service,
    ip: row.ip,
    requestId: row.request_id,
    occurredAt: row.occurred_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
  };
}
