import { createAuthenticator, createRevocations, type Revocation } from '@peermesh/authz';
import { authRoutes } from '@peermesh/contracts/auth';
import { deadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { SessionRevoked } from '@peermesh/contracts/events';
import { createDatabase } from '@peermesh/database';
import { caughtUpWithin, connectNats, createBus, mountDeadLetterRoutes } from '@peermesh/messaging';
import {
  createApp,
  instanceName,
  mountOpenApi,
  useDecisionLog,
  useIdempotency,
  usePrincipals,
  type WiredService,
} from '@peermesh/service-kit';
import { createMetrics, type Logger } from '@peermesh/telemetry';
import { Argon2PasswordHasher } from './adapters/argon2/argon2-password-hasher.ts';
import type { AuthSchema } from './adapters/pg/schema.ts';
import type { AuthConfig } from './config.ts';
import { consumeDecisions } from './consumers/decision-logged.ts';
import { rotationPolicyOf } from './domain/key-rotation.ts';
import { startHousekeeping } from './plugins/housekeeping.ts';
import type { Clock } from './ports.ts';
import { mountRoutes } from './routes/v1/mount-routes.ts';
import { createAuthMetrics } from './usecases/auth-metrics.ts';
import { isTokenActive } from './usecases/introspect.ts';
import { Keyring } from './usecases/keyring.ts';
import { LastUses } from './usecases/last-uses.ts';

/** What a caller may bring along. */
export interface AuthOverrides {
  readonly logger: Logger;
  readonly clock?: Clock;
}

const VERSION = '0.1.0';
/** Revocations older than this concern expired tokens only. */
const REVOCATION_HISTORY_MS = 75 * 60_000;

/** Wires the service: database, keys, events, authorization, routes. */
export async function buildApp(
  config: AuthConfig,
  { logger, clock = () => new Date() }: AuthOverrides,
): Promise<WiredService> {
  const metrics = createMetrics({ service: 'auth' });
  const app = await createApp({ service: 'auth', version: VERSION, logger, metrics, trustProxy: config.TRUST_PROXY });
  const db = createDatabase<AuthSchema>({
    url: config.DATABASE_URL,
    schema: 'auth',
    applicationName: 'auth',
    poolMax: config.DATABASE_POOL_MAX,
    logger,
    metrics,
  });
  const keyring = new Keyring({
    db,
    clock,
    encryptionKey: Buffer.from(config.AUTH_KEY_ENCRYPTION_KEY, 'base64'),
    algorithm: config.SIGNING_ALGORITHM,
    policy: rotationPolicyOf(config.SIGNING_KEY_ACTIVE_DAYS, config.ACCESS_TOKEN_TTL_SECONDS),
  });
  await keyring.rotate().catch(async (error: unknown) => {
    await db.close();
    throw error;
  });

  const nats = await connectNats({ url: config.NATS_URL, name: 'auth', logger });
  app.addHook('onClose', async () => {
    await nats.drain();
    await db.close();
  });
  const instance = instanceName(config);
  const bus = createBus({ module: 'auth', instance, db, databaseUrl: config.DATABASE_URL, nats, logger, metrics });

  const hasher = new Argon2PasswordHasher({
    concurrency: config.PASSWORD_HASH_CONCURRENCY,
    queueMax: config.PASSWORD_HASH_QUEUE_MAX,
  });
  const revocations = createRevocations({ now: () => clock().getTime() });
  const lastUses = new LastUses({ db, clock, logger });
  const deps = {
    db,
    bus,
    clock,
    config,
    hasher,
    keyring,
    revocations,
    metrics: createAuthMetrics(metrics, () => hasher.queueLength),
    logger,
    lastUses,
  };
  const authenticator = createAuthenticator({
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    jwks: keyring.find,
    revocations,
    introspect: (token) => isTokenActive(deps, token),
    now: () => clock().getTime(),
  });
  usePrincipals(app, authenticator);
  useIdempotency(app, { db, module: 'auth' });
  useDecisionLog(app, { db, bus });
  mountRoutes(app, deps);
  mountDeadLetterRoutes(app, { bus });
  mountOpenApi(app, {
    title: 'PeerMesh auth',
    version: VERSION,
    routes: { ...authRoutes, ...deadLetterRoutes('auth') },
  });
  app.health.add('postgres', () => db.ping());
  app.health.add('nats', () => nats.flush(), { critical: false });
  consumeDecisions(bus);

  let stopHousekeeping: (() => Promise<void>) | undefined;
  return {
    app,
    async start() {
      const from = { time: new Date(clock().getTime() - REVOCATION_HISTORY_MS) };
      const tail = bus.tail([SessionRevoked], { from }, (event) => revocations.add(event.data as Revocation));
      revocations.watch(tail);
      await bus.start();
      await caughtUpWithin(tail, 5_000);
      stopHousekeeping = startHousekeeping(deps, lastUses);
    },
    async stop() {
      await stopHousekeeping?.();
      await bus.stop();
    },
  };
}
