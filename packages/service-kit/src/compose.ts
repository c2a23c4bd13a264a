import type { Authenticator } from '@peermesh/authz';
import type { Database } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import type { FastifyInstance } from 'fastify';
import { createDecisionLog, type DecisionPublisher } from './decision-log.ts';
import { createIdempotencyStore } from './idempotency.ts';

const SWEEP_INTERVAL_MS = 3_600_000;

/** Lets routes whose policy asks for it know who is calling. */
export function usePrincipals(app: FastifyInstance, authenticator: Authenticator): void {
  app.authenticator = authenticator;
}

/** Honours `Idempotency-Key` on writes; results are kept in `{module}_idempotency` and swept hourly. */
export function useIdempotency<Schema>(
  app: FastifyInstance,
  options: { readonly db: Database<Schema>; readonly module: string },
): void {
  const store = createIdempotencyStore(options);
  app.idempotency = store;
  const sweep = (): void => {
    store.sweep().catch((error: unknown) => app.log.warn({ err: error }, 'expired idempotency keys were not swept'));
  };
  const timer = setInterval(sweep, SWEEP_INTERVAL_MS * (0.9 + Math.random() * 0.2)).unref();
  app.addHook('onClose', async () => clearInterval(timer));
}

/**
 * Reports denials and privileged actions to the decision log of the auth service. Call it after the hook that closes the
 * database was added: hooks run in reverse, and what is left is written on close.
 */
export function useDecisionLog<Schema>(
  app: FastifyInstance,
  options: { readonly db: Database<Schema>; readonly bus: DecisionPublisher },
): void {
  const log = createDecisionLog({ ...options, logger: app.log as Logger, metrics: app.metrics });
  app.decisions = log;
  app.addHook('onClose', () => log.close());
}
