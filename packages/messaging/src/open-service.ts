import { type AuthenticatorOptions, createRevocations, REVOCATION_STALENESS_MAX_MS } from '@peermesh/authz';
import { createDatabase, type Database } from '@peermesh/database';
import {
  type AccessTokenConfig,
  createApp,
  instanceName,
  useAccessTokens,
  useDecisionLog,
  useIdempotency,
} from '@peermesh/service-kit';
import { createLogger, createMetrics, type Logger, type MetricsRegistry } from '@peermesh/telemetry';
import type { FastifyInstance } from 'fastify';
import { type Bus, createBus } from './bus.ts';
import { connectNats } from './nats-connection.ts';
import { startWithRevocations } from './revocation-feed.ts';

/** Settings that every service with a database, events and access tokens has. */
export interface OpenServiceConfig extends AccessTokenConfig {
  readonly LOG_LEVEL: string;
  readonly DATABASE_URL: string;
  readonly DATABASE_POOL_MAX: number;
  readonly NATS_URL: string;
  readonly INSTANCE_ID: string;
}

/** What may be given in place of what a service makes. */
export interface ServiceOverrides {
  readonly logger?: Logger;
  /** In place of the keys at `JWKS_URL`. */
  readonly jwks?: AuthenticatorOptions['jwks'];
}

/** A service before its routes, consumers and workers. */
export interface OpenService<Schema> {
  readonly app: FastifyInstance;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  readonly db: Database<Schema>;
  readonly bus: Bus;
  /** Starts the bus and the feed of revoked tokens; after the consumers are registered. `bus.stop()` ends both. */
  startBus(): Promise<void>;
}

/**
 * Opens what services with a database, events and access tokens have in common: logs, metrics, database, bus, callers by
 * access token, idempotency keys and the decision log. Ready while PostgreSQL and NATS answer and revoked tokens are known.
 * `onClose` hooks that are added later run first; then the decision log is written, NATS drained and the database closed.
 * @param name of the service, which is that of its schema, module and NATS user
 * A NATS that does not answer, or refuses the connection, is waited for.
 */
export async function openService<Schema = unknown>(
  name: string,
  config: OpenServiceConfig,
  overrides: ServiceOverrides,
): Promise<OpenService<Schema>> {
  const logger = overrides.logger ?? createLogger({ service: name, level: config.LOG_LEVEL });
  const metrics = createMetrics({ service: name });
  const app = await createApp({ service: name, version: '0.1.0', logger, metrics });
  const { DATABASE_URL: url, DATABASE_POOL_MAX: poolMax, NATS_URL } = config;
  const db = createDatabase<Schema>({ url, schema: name, applicationName: name, poolMax, logger, metrics });
  const nats = await connectNats({ url: NATS_URL, name, logger });
  const instance = instanceName(config);
  const bus = createBus({ module: name, instance, db, databaseUrl: url, nats, logger, metrics });
  app.addHook('onClose', async () => {
    await nats.drain();
    await db.close();
  });
  const revocations = createRevocations();
  useAccessTokens(app, config, { revocations, jwks: overrides.jwks });
  useIdempotency(app, { db, module: name });
  useDecisionLog(app, { db, bus });
  app.health.add('postgres', () => db.ping());
  app.health.add('nats', () => nats.flush());
  app.health.add('revocations', async () => {
    if (revocations.stalenessMs() > REVOCATION_STALENESS_MAX_MS) throw new Error('revoked tokens are not known yet');
  });
  return { app, logger, metrics, db, bus, startBus: () => startWithRevocations(bus, revocations) };
}
