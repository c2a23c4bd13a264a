import { hostname } from 'node:os';
import { createAuthenticator, createRevocations } from '@peermesh/authz';
import type { EventData } from '@peermesh/contracts';
import { SessionRevoked } from '@peermesh/contracts/events';
import { createDatabase } from '@peermesh/database';
import { assertUrlAllowed, DEFAULT_PORTS, parseAllowHosts } from '@peermesh/http-guard';
import { connectNats, createBus } from '@peermesh/messaging';
import { createApp, createDecisionLog, createIdempotencyStore } from '@peermesh/service-kit';
import { createLogger, createMetrics, type Logger } from '@peermesh/telemetry';
import type { FastifyInstance } from 'fastify';
import type { JSONWebKeySet } from 'jose';
import { createQuotaStore } from './adapters/pg/quota-store.ts';
import type { IngestSchema } from './adapters/pg/schema.ts';
import type { IngestConfig } from './config.ts';
import { createSecretBox } from './domain/secret-box.ts';
import { registerExtraction } from './plugins/extraction.ts';
import { allowedHosts, openFetching } from './plugins/fetching.ts';
import type { Clock } from './ports.ts';
import { mountRoutes } from './routes/mount-routes.ts';
import { createIntake } from './usecases/intake.ts';
import { createQuotaLedger } from './usecases/quota-ledger.ts';
import { startFetchScheduler } from './workers/fetch-scheduler.ts';
import { startHousekeeping } from './workers/housekeeping.ts';
import { startJobSweeper } from './workers/job-sweeper.ts';
import type { Worker } from './workers/repeat.ts';

/** Longer than the life of an access token: what was revoked before cannot come back. */
const REVOCATIONS_MS = 20 * 60_000;

/** What tests replace. */
export interface IngestOverrides {
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly jwks?: JSONWebKeySet;
}

/** The service before it listens. */
export interface IngestService {
  readonly app: FastifyInstance;
  /** Starts consumers and workers. */
  start(): Promise<void>;
  /** Stops them in order; HTTP is closed by `app.close()` after that. */
  stop(): Promise<void>;
}

/** Wires the service: telemetry, database, events, authorization, extraction, fetching, routes. */
export async function buildApp(config: IngestConfig, overrides: IngestOverrides = {}): Promise<IngestService> {
  const clock = overrides.clock ?? (() => new Date());
  const logger = overrides.logger ?? createLogger({ service: 'ingest', level: config.LOG_LEVEL });
  const metrics = createMetrics({ service: 'ingest' });
  const app = await createApp({ service: 'ingest', version: '0.1.0', logger, metrics });
  const db = createDatabase<IngestSchema>({
    url: config.DATABASE_URL,
    schema: 'ingest',
    applicationName: 'ingest',
    poolMax: config.DATABASE_POOL_MAX,
    logger,
  });
  const nats = await connectNats({ url: config.NATS_URL, name: 'ingest', logger });
  const bus = createBus({
    module: 'ingest',
    instance: config.INSTANCE_ID === '' ? `${hostname()}-${process.pid}` : config.INSTANCE_ID,
    db,
    databaseUrl: config.DATABASE_URL,
    nats,
    logger,
    metrics,
  });
  const revocations = createRevocations();
  app.authenticator = createAuthenticator({
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    jwks: overrides.jwks ?? new URL(config.JWKS_URL),
    revocations,
  });
  app.idempotency = createIdempotencyStore({ db, module: 'ingest' });
  app.decisions = createDecisionLog({ db, bus, logger, metrics });
  const extractor = registerExtraction(bus, config, clock);
  const fetching = openFetching(config, clock, logger, metrics);
  const quotaStore = createQuotaStore(db, {
    itemsPerDay: config.QUOTA_ITEMS_PER_DAY,
    bytesPerDay: config.QUOTA_BYTES_PER_DAY,
    sourcesMax: config.QUOTA_SOURCES_MAX,
  });
  const quotas = createQuotaLedger(quotaStore, clock);
  const secrets = createSecretBox(config.INGEST_ENCRYPTION_KEY);
  const store = { db, bus, clock, quotas, secrets, jobDeadlineMs: config.EXTRACTION_DEADLINE_MS };
  const urlPolicy = { allow: parseAllowHosts(allowedHosts(config)), ports: DEFAULT_PORTS };
  await mountRoutes(app, {
    intake: createIntake(store),
    store,
    quotaStore,
    sources: {
      ...store,
      limits: fetching.parts.policy,
      assertUrl: (url) => void assertUrlAllowed(url, urlPolicy),
      sourcesMaxOf: async (tenantId) => (await quotas.read(tenantId)).sourcesMax,
    },
  });
  app.health.add('postgres', () => db.ping());
  app.health.add('nats', async () => {
    await nats.flush();
  });
  app.health.add('redis', async () => void (await fetching.redis.ping()), { critical: false });
  const workers: Worker[] = [];
  app.addHook('onClose', async () => {
    await app.decisions?.close();
    await fetching.close();
    await extractor?.close();
    await nats.drain();
    await db.close();
  });
  return {
    app,
    start: async () => {
      const tail = bus.tail([SessionRevoked], { from: { time: new Date(Date.now() - REVOCATIONS_MS) } }, ({ data }) =>
        revocations.add(data as EventData<typeof SessionRevoked>),
      );
      revocations.watch(tail);
      await bus.start();
      workers.push(startHousekeeping({ db, quotas, clock, logger, idempotency: app.idempotency }));
      workers.push(
        startJobSweeper(store, {
          db,
          everyMs: config.JOB_SWEEP_INTERVAL_MS,
          attemptsMax: config.EXTRACTION_ATTEMPTS_MAX,
          logger,
          metrics,
        }),
      );
      if (config.FETCH_CONCURRENCY > 0) {
        workers.push(
          startFetchScheduler(
            { ...store, ...fetching.parts, logger },
            { concurrency: config.FETCH_CONCURRENCY, tickMs: config.FETCH_TICK_MS, metrics, logger },
          ),
        );
      }
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await bus.stop();
      await quotas.flush();
    },
  };
}
