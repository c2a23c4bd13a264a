import { authorize, type Decision, type Principal } from '@peermesh/authz';
import type { RoutePolicy } from '@peermesh/contracts';
import { commonErrors } from '@peermesh/errors';
import type { Logger } from '@peermesh/telemetry';
import type { FastifyInstance } from 'fastify';

/** Somebody who asks for an operation, over whatever protocol. */
export interface Caller {
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** What is asked for, as the decision log names it. */
  readonly resource: string;
  readonly isChange: boolean;
  readonly ip: string;
  readonly requestId: string;
  readonly log: Pick<Logger, 'info'>;
}

/**
 * Authenticates a caller and decides by a policy; null for what is public. Denials, and what moderators and admins
 * change, go to the decision log. Rejects with `PM_COMMON_UNAUTHENTICATED` or `PM_COMMON_FORBIDDEN`.
 */
export async function admitCaller(
  app: FastifyInstance,
  policy: RoutePolicy,
  caller: Caller,
): Promise<Principal | null> {
  if (policy.access === 'public') return null;
  const { authenticator } = app;
  if (authenticator === null) throw commonErrors.unavailable({ internal: 'no authenticator is set' });
  const { authorization } = caller;
  const principal =
    authenticator.authenticateCached(authorization) ?? (await authenticator.authenticate(authorization));
  const decision = authorize(principal, policy);
  if (!decision.allowed || (policy.minRole !== 'user' && caller.isChange)) {
    reportDecision(app, caller, principal, decision);
  }
  if (!decision.allowed) {
    const { decisionId, action, reason } = decision;
    caller.log.info({ decisionId, action, reason }, 'denied');
    throw commonErrors.forbidden({ meta: { decisionId } });
  }
  return principal;
}

function reportDecision(app: FastifyInstance, caller: Caller, principal: Principal, decision: Decision): void {
  app.decisions?.record({
    tenantId: principal.tenantId,
    decisionId: decision.decisionId,
    kind: 'authorization',
    actor: principal.subject,
    action: decision.action,
    resource: caller.resource.slice(0, 256),
    allowed: decision.allowed,
    reason: decision.reason,
    service: app.serviceName,
    ip: caller.ip,
    requestId: caller.requestId,
    occurredAt: new Date().toISOString(),
  });
}
