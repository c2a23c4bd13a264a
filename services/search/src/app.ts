import { deadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { searchRoutes } from '@peermesh/contracts/search';
import { mountDeadLetterRoutes, openService, type ServiceOverrides } from '@peermesh/messaging';
import { mountOpenApi, type WiredService } from '@peermesh/service-kit';
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
export interface SearchOverrides extends ServiceOverrides {
  readonly now?: () => number;
}

/** The service before it listens. */
export interface SearchService extends WiredService {
  /** The backends of this process; tests switch faults on them. */
  readonly registry: GenerationRegistry;
}

/** Wires the service: telemetry, database, events, authorization, backends, orchestrator, routes. */
export async function buildApp(config: SearchConfig, overrides: SearchOverrides = {}): Promise<SearchService> {
  const now = overrides.now ?? Date.now;
  const { app, logger, metrics: registered, db, bus, startBus } = await openService('search', config, overrides);
  const metrics = createSearchMetrics(registered);

  const backends = createBackendFactory({ db, config, logger, now });
  const registry = new GenerationRegistry({ db, factory: backends.factory, logger });
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
      await startBus();
      training.start();
      sweeper.start();
    },
    stop: async () => {
      await Promise.all([training.stop(), sweeper.stop()]);
      await projection.stop();
      await bus.stop();
      await snapshots.close();
      await registry.close();
      await backends.end();
    },
  };
}
