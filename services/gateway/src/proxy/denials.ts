import { newId } from '@peermesh/contracts';
import type { PeerMeshError } from '@peermesh/errors';
import type { DecisionLog } from '@peermesh/service-kit';
import type { Exchange } from './exchange.ts';

/** Reports to the audit trail that the policy of a route refused a request. */
export function recordDenial(log: DecisionLog, exchange: Exchange, error: PeerMeshError): void {
  const { identity, route, path, clientAddress, requestId } = exchange;
  if (identity === null || route === null || route.policy.access === 'public') return;
  const decisionId = error.occurrence.meta?.['decisionId'];
  log.record({
    tenantId: identity.principal.tenantId,
    decisionId: typeof decisionId === 'string' ? decisionId : newId('decision'),
    kind: 'authorization',
    actor: identity.principal.keyId ?? identity.principal.subject,
    action: route.policy.action,
    resource: path.slice(0, 256),
    allowed: false,
    reason: error.occurrence.internal ?? 'refused',
    service: 'gateway',
    ip: clientAddress,
    requestId,
    occurredAt: new Date().toISOString(),
  });
}
