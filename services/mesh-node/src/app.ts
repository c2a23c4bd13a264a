import { createAuthenticator } from '@peermesh/authz';
import { meshRoutes } from '@peermesh/contracts/mesh';
import { createDatabase } from '@peermesh/database';
import {
  createApp,
  createDecisionLog,
  mountOpenApi,
  type RunningService,
  useIdempotency,
  usePrincipals,
  type Worker,
} from '@peermesh/service-kit';
import { openRedis } from '@peermesh/service-kit/redis';
import { createLogger, createMetrics, type Logger } from '@peermesh/telemetry';
import type { JSONWebKeySet } from 'jose';
import { PgFactStore } from './adapters/pg/fact-store.ts';
import { RedisPathMetrics } from './adapters/redis/path-metrics.ts';
import { Admissions } from './api/admissions.ts';
import type { NodeReport } from './api/node-report.ts';
import { Seats } from './api/seats.ts';
import type { MeshNodeConfig } from './config.ts';
import { FactQueue } from './facts/fact-queue.ts';
import { FactWriter } from './facts/fact-writer.ts';
import { startMessaging } from './plugins/messaging.ts';
import { followRouter } from './router-routes/follow-router.ts';
import { mountRoutes } from './routes/mount-routes.ts';
import { startRpcServer } from './rpc/rpc-server.ts';
import { openNode } from './runtime/open-node.ts';
import { startHousekeeping } from './workers/housekeeping.ts';
import { startPathMetricsWriter } from './workers/path-metrics-writer.ts';

const FACTS_EVERY_MS = 250;
const SUBSCRIBERS_MAX = 1_000;
const WATCHERS_MAX = 100;

/** What tests replace. */
export interface MeshNodeOverrides {
  readonly logger?: Logger;
  readonly jwks?: JSONWebKeySet;
}

/** A node that runs. */
export interface MeshNodeService extends RunningService {
  /** Of the gRPC API; null where none is served. */
  readonly grpcUrl: string | null;
}

/**
 * Wires the node: its mesh first, which needs no other server, then what it reports to. Routes answer from the mesh;
 * nothing of it waits for PostgreSQL, Redis or NATS.
 */
export async function buildApp(config: MeshNodeConfig, overrides: MeshNodeOverrides = {}): Promise<MeshNodeService> {
  const logger = overrides.logger ?? createLogger({ service: 'mesh-node', level: config.LOG_LEVEL });
  const metrics = createMetrics({ service: 'mesh-node' });
  const startedAt = performance.now();
  const app = await createApp({ service: 'mesh-node', version: '0.1.0', logger, metrics });
  const facts = new FactQueue(config.MESH_FACTS_MAX);
  const node = await openNode(config, { logger, metrics, tell: (fact) => facts.add(fact) });

  const db = createDatabase<unknown>({
    url: config.DATABASE_URL,
    schema: 'mesh',
    applicationName: 'mesh-node',
    poolMax: config.DATABASE_POOL_MAX,
    logger,
    metrics,
  });
  const routes = followRouter(config, node, { logger, metrics });
  const messaging = startMessaging(config, {
    db,
    logger,
    metrics,
    onRoutesComputed: (meshId) => routes?.wake(meshId),
  });
  const redis = openRedis(config.REDIS_URL, { name: 'mesh-node', logger, reconnectMaxMs: 5_000 });
  const pathMetrics = new RedisPathMetrics(redis);
  const store = new PgFactStore({ db, outbox: messaging.outbox, wakeRelay: () => messaging.wakeRelay() });
  const writer = new FactWriter({ queue: facts, store, logger });

  const authenticator = createAuthenticator({
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    jwks: overrides.jwks ?? new URL(config.JWKS_URL),
    ...(config.MESH_REVOCATIONS_AGE_MAX_MS === 0
      ? {}
      : {
          revocations: messaging.revocations,
          revocationStalenessMaxMs: config.MESH_REVOCATIONS_AGE_MAX_MS,
        }),
  });
  usePrincipals(app, authenticator);
  useIdempotency(app, { db, module: 'mesh' });
  const report = (): NodeReport => ({
    backends: { postgres: writer.isAway ? 'away' : 'up', redis: pathMetrics.isAway ? 'away' : 'up' },
    pendingFacts: facts.size,
    lostFacts: facts.lost + writer.flawed,
    eventLoopDelayMs: node.eventLoopDelayMs(),
    uptimeSeconds: (performance.now() - startedAt) / 1000,
  });
  const dependencies = {
    runtime: node.runtime,
    administration: node.administration,
    topics: node.topics,
    subscribers: new Seats(SUBSCRIBERS_MAX),
    watchers: new Seats(WATCHERS_MAX),
    admissions: new Admissions(authenticator.isStillGood),
    report,
  };
  mountRoutes(app, dependencies);
  mountOpenApi(app, { title: 'PeerMesh mesh node', routes: meshRoutes });
  app.health.add('mesh', async () => node.check());
  app.health.add('postgres', () => db.ping(), { critical: false });
  app.health.add('nats', () => messaging.ping(), { critical: false });
  app.health.add('redis', async () => void (await redis.ping()), { critical: false });
  observeFacts(metrics, facts, writer);

  const decisions = createDecisionLog({
    db,
    bus: { publishMany: (tx, event, items) => messaging.outbox.append(tx, event, items) },
    logger,
    metrics,
  });
  app.decisions = decisions;
  const rpc = await startRpcServer({ app, dependencies, listen: config.MESH_GRPC_LISTEN, logger });
  const workers: Worker[] = [
    writer.start(FACTS_EVERY_MS),
    startHousekeeping({ db, retentionMonths: config.MESH_RETENTION_MONTHS, logger }),
    startPathMetricsWriter({ runtime: node.runtime, metrics: pathMetrics, logger }),
    ...(routes === null ? [] : [routes]),
  ];
  app.addHook('onClose', async () => {
    await decisions.close();
    redis.disconnect();
    await db.close();
  });
  return {
    app,
    grpcUrl: rpc.url,
    ended: node.ended,
    reload: () => node.reload(),
    stop: async () => {
      await rpc.stop(config.SHUTDOWN_GRACE_MS);
      await node.stop();
      await writer.flush();
      await Promise.all(workers.map((worker) => worker.stop()));
      await messaging.stop();
    },
  };
}

function observeFacts(metrics: ReturnType<typeof createMetrics>, facts: FactQueue, writer: FactWriter): void {
  metrics.gauge({
    name: 'mesh_facts_pending',
    help: 'Facts that wait to be written to PostgreSQL.',
    collect: (gauge) => gauge.set(facts.size),
  });
  metrics.gauge({
    name: 'mesh_facts_lost',
    help: 'Facts that found no room or can never be stored, since the start.',
    collect: (gauge) => gauge.set(facts.lost + writer.flawed),
  });
}
