import { deadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { ingestRoutes } from '@peermesh/contracts/ingest';
import { assertUrlAllowed, DEFAULT_PORTS, parseAllowHosts } from '@peermesh/http-guard';
import { mountDeadLetterRoutes, openService, type ServiceOverrides } from '@peermesh/messaging';
import { createSecretBox, mountOpenApi, type WiredService } from '@peermesh/service-kit';
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
export interface IngestOverrides extends ServiceOverrides {
  readonly clock?: Clock;
}

/** Wires the service: telemetry, database, events, authorization, extraction, fetching, routes. */
export async function buildApp(config: IngestConfig, overrides: IngestOverrides = {}): Promise<WiredService> {
  const clock = overrides.clock ?? (() => new Date());
  const { app, logger, metrics, db, bus, startBus } = await openService<IngestSchema>('ingest', config, overrides);
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
  app.health.add('redis', async () => void (await fetching.redis.ping()), { critical: false });
  return { app, ...createBackground({ ...store, ...fetching.parts, logger, startBus }, config, metrics) };
}
