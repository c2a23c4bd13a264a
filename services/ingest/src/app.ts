import { createRevocations } from '@peermesh/authz';
import { deadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { ingestRoutes } from '@peermesh/contracts/ingest';
import { assertUrlAllowed, DEFAULT_PORTS, parseAllowHosts } from '@peermesh/http-guard';
import { mountDeadLetterRoutes, openBackbone } from '@peermesh/messaging';
import {
  createApp,
  createSecretBox,
  mountOpenApi,
  useAccessTokens,
  useDecisionLog,
  useIdempotency,
} from '@peermesh/service-kit';
import { createLogger, createMetrics, type Logger } from '@peermesh/telemetry';
import type { FastifyInstance } from 'fastify';
import type { JSONWebKeySet } from 'jose';
import { createQuotaStore } from './adapters/pg/quota-store.ts';
import type { IngestSchema } from './adapters/pg/schema.ts';
import type { IngestConfig } from './config.ts';
import { createBackground } from './plugins/background.ts';
import { registerExtraction } from './plugins/extraction.ts';
import { allowedHosts, openFetching } from './plugins/fetching.ts';
import type { Clock } from './ports.ts';
import { mountRoutes } from './routes/mount-routes.ts';
import { createIntake } from './usecases/intake.ts';
import { createQuotaLedger } from './usecases/quota-ledger.ts';

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
  const backbone = await openBackbone<IngestSchema>('ingest', config, { logger, metrics });
  const { db, nats, bus } = backbone;
  app.addHook('onClose', async () => {
    await backbone.close();
  });
  const revocations = createRevocations();
  useAccessTokens(app, config, { revocations, jwks: overrides.jwks });
  useIdempotency(app, { db, module: 'ingest' });
  useDecisionLog(app, { db, bus });
  const extractor = registerExtraction(bus, config, clock);
  const fetching = openFetching(config, clock, logger, metrics);
  app.addHook('onClose', async () => {
    await fetching.close();
    await extractor?.close();
  });
  const quotaStore = createQuotaStore(db, {
    itemsPerDay: config.QUOTA_ITEMS_PER_DAY,
    bytesPerDay: config.QUOTA_BYTES_PER_DAY,
    sourcesMax: config.QUOTA_SOURCES_MAX,
  });
  const quotas = createQuotaLedger(quotaStore, clock);
  app.addHook('onClose', () => quotas.flush());
  const secrets = createSecretBox(config.INGEST_ENCRYPTION_KEY, 'ingest/secrets');
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
    },
  });
  mountDeadLetterRoutes(app, { bus });
  mountOpenApi(app, { title: 'PeerMesh ingest', routes: { ...ingestRoutes, ...deadLetterRoutes('ingest') } });
  app.health.add('postgres', () => db.ping());
  app.health.add('nats', async () => {
    await nats.flush();
  });
  app.health.add('redis', async () => void (await fetching.redis.ping()), { critical: false });
  return { app, ...createBackground({ ...store, ...fetching.parts, logger }, revocations, config, metrics) };
}
