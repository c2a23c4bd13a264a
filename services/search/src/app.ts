import { createRevocations } from '@peermesh/authz';
import { deadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { searchRoutes } from '@peermesh/contracts/search';
import { mountDeadLetterRoutes, openBackbone, startWithRevocations } from '@peermesh/messaging';
import { createApp, mountOpenApi, useAccessTokens, useDecisionLog, useIdempotency } from '@peermesh/service-kit';
import { createLogger, createMetrics, type Logger } from '@peermesh/telemetry';
import type { FastifyInstance } from 'fastify';
import type { JSONWebKeySet } from 'jose';
import { FaultyBackend } from './adapters/faulty-backend.ts';
import { Hydrator } from './adapters/pg/hydrator.ts';
import { PageSnapshots } from './adapters/pg/page-snapshots.ts';
import type { SearchConfig } from './config.ts';
import { consumeContentDeleted } from './consumers/content-deleted.ts';
import { consumeExtracted } from './consumers/extracted.ts';
import { LogProgress } from './domain/log-progress.ts';
import { Embedders } from './orchestrator/embedders.ts';
import { LegRunner } from './orchestrator/leg-runner.ts';
import { NameLinker } from './orchestrator/name-linker.ts';
import { Orchestrator } from './orchestrator/orchestrator.ts';
import { Retriever } from './orchestrator/retriever.ts';
import { createSearchMetrics } from './orchestrator/search-metrics.ts';
import { TurnQueue } from './orchestrator/turn-queue.ts';
import { createBackendFactory, embedderOf, nameLookup } from './plugins/backends.ts';
import { GenerationRegistry } from './projection/generation-registry.ts';
import { ProjectionRunner } from './projection/projection-runner.ts';
import { WakeableLoop } from './projection/wakeable-loop.ts';
import { mountRoutes } from './routes/mount-routes.ts';
import { EmbeddingTrainer, ensureEmbedderGeneration } from './workers/embedding-trainer.ts';

const TRAINING_CHECK_MS = 15_000;
const SWEEP_MS = 60_000;

/** What tests replace. */
export interface SearchOverrides {
  readonly logger?: Logger;
  readonly now?: () => number;
  readonly jwks?: JSONWebKeySet;
}

/** The service before it listens. */
export interface SearchService {
  readonly app: FastifyInstance;
  /** The backends of this process; tests switch faults on them. */
  readonly registry: GenerationRegistry;
  /** Starts consumers, projectors and workers. */
  start(): Promise<void>;
  /** Stops them in order; HTTP is closed by `app.close()` after that. */
  stop(): Promise<void>;
}

/** Wires the service: telemetry, database, events, authorization, backends, orchestrator, routes. */
export async function buildApp(config: SearchConfig, overrides: SearchOverrides = {}): Promise<SearchService> {
  const now = overrides.now ?? Date.now;
  const logger = overrides.logger ?? createLogger({ service: 'search', level: config.LOG_LEVEL });
  const registryOfMetrics = createMetrics({ service: 'search' });
  const metrics = createSearchMetrics(registryOfMetrics);
  const app = await createApp({ service: 'search', version: '0.1.0', logger, metrics: registryOfMetrics });
  const backbone = await openBackbone('search', config, { logger, metrics: registryOfMetrics });
  const { db, nats, bus } = backbone;
  app.addHook('onClose', async () => {
    await backbone.close();
  });
  const revocations = createRevocations();
  useAccessTokens(app, config, { revocations, jwks: overrides.jwks });
  useIdempotency(app, { db, module: 'search' });
  useDecisionLog(app, { db, bus });

  const registry = new GenerationRegistry({ db, factory: createBackendFactory({ db, config, logger, now }), logger });
  const snapshots = new PageSnapshots({ db, logger, now });
  const progress = new LogProgress();
  const runner = new LegRunner(metrics, now, progress);
  const linker = new NameLinker({ db, names: nameLookup });
  const retriever = new Retriever({ runner, embedders: new Embedders(embedderOf), linker });
  const hydrator = new Hydrator(db);
  const orchestrator = new Orchestrator({
    hydrator,
    registry,
    retriever,
    snapshots,
    turns: new TurnQueue({ nextTurn: setImmediate, now: () => performance.now() }),
    metrics,
    now,
    cacheMax: config.ANSWER_CACHE_MAX,
  });
  const projection = new ProjectionRunner({
    db,
    databaseUrl: config.DATABASE_URL,
    bus,
    registry,
    metrics,
    progress,
    logger,
    now,
    batchSize: config.PROJECTION_BATCH_SIZE,
    changesKeepHours: config.CHANGES_KEEP_HOURS,
  });
  consumeExtracted(bus, now);
  consumeContentDeleted(bus, now);
  mountRoutes(app, {
    db,
    bus,
    registry,
    orchestrator,
    hydrator,
    metrics,
    now,
    faults: config.FAULT_INJECTION_ENABLED
      ? (kind) =>
          registry.running.flatMap(({ backend }) =>
            backend instanceof FaultyBackend && backend.kind === kind ? [backend] : [],
          )
      : null,
  });
  mountDeadLetterRoutes(app, { bus });
  mountOpenApi(app, { title: 'PeerMesh search', routes: { ...searchRoutes, ...deadLetterRoutes('search') } });
  app.health.add('postgres', () => db.ping());
  app.health.add('nats', async () => {
    await nats.flush();
  });
  const trainer = new EmbeddingTrainer({
    db,
    logger,
    documentsMin: config.EMBEDDER_TRAIN_DOCUMENTS_MIN,
    sampleMax: config.EMBEDDER_TRAIN_SAMPLE_MAX,
  });
  const training = new WakeableLoop({
    name: 'training',
    idleMs: TRAINING_CHECK_MS,
    logger,
    step: async () => {
      if (projection.isLeader && config.EMBEDDER === 'auto') await trainer.trainWhenDue();
      return false;
    },
  });
  const sweeper = new WakeableLoop({
    name: 'sweeper',
    idleMs: SWEEP_MS,
    logger,
    step: async () => {
      await snapshots.sweep();
      await app.idempotency?.sweep();
      return false;
    },
  });
  return {
    app,
    registry,
    start: async () => {
      if (config.EMBEDDER === 'http') await ensureEmbedderGeneration(db, config.EMBEDDER_SPACE);
      await projection.start();
      await startWithRevocations(bus, revocations);
      training.start();
      sweeper.start();
    },
    stop: async () => {
      await Promise.all([training.stop(), sweeper.stop()]);
      await projection.stop();
      await bus.stop();
      await snapshots.close();
      await registry.close();
    },
  };
}
