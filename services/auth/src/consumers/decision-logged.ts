import { DecisionLogged } from '@peermesh/contracts/events';
import type { Bus } from '@peermesh/messaging';
import { appendDecisions } from '../adapters/pg/decision-store.ts';
import type { Tx } from '../adapters/pg/schema.ts';

/** Appends what the enforcement points of all services decided. */
export function consumeDecisions(bus: Bus): void {
  bus.consumeBatch(DecisionLogged, { durable: 'auth_decision_log' }, async (events, tx) => {
    await appendDecisions(
      tx as Tx,
      events.map(({ data, tenantid }) => ({
        id: data.decisionId,
        tenant_id: tenantid,
        kind: data.kind,
        actor: data.actor,
        action: data.action,
        resource: data.resource,
        allowed: data.allowed,
        reason: data.reason,
        service: data.service,
        ip: data.ip,
        request_id: data.requestId,
        occurred_at: new Date(data.occurredAt),
      })),
    );
  });
}
