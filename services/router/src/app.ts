import { availableParallelism } from 'node:os';
import { deadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { routerRoutes } from '@peermesh/contracts/router';
import { mountDeadLetterRoutes, openService, type ServiceOverrides } from '@peermesh/messaging';
import { mountOpenApi, type WiredService, type Worker } from '@peermesh/service-kit';
import { createPathCache } from './adapters/redis/path-cache.ts';
import { createPathPool } from './adapters/threads/path-pool.ts';
import type { RouterConfig } from './config.ts';
import { consumeLinkStateChanged } from './consumers/link-state-changed.ts';
import type { Clock } from './ports.ts';
import { mountNodeRoutes } from './routes/v1/node-routes.ts';
import { mountPaths } from './routes/v1/paths.ts';
import { mountPolicies } from './routes/v1/policies.ts';
import { RouteAnnouncer } from './usecases/announce-routes.ts';
import { Computation } from './usecases/computation.ts';
import { PathService } from './usecases/compute-paths.ts';
import { RouteService } from './usecases/compute-routes.ts';
import { createTopologyFollower } from './usecases/topology-follower.ts';
import { startHousekeeping } from './workers/housekeeping.ts';

const THREADS_MAX = 4;
const ANNOUNCE_EVERY_MS = 100;

/** What tests replace. */
export interface RouterOverrides extends ServiceOverrides {
  readonly clock?: Clock;
}

/** Wires the service: telemetry, database, events, authorization, threads, cache, routes. */
export async function buildApp(config: RouterConfig, overrides: RouterOverrides = {}): Promise<WiredService> {
  const clock = overrides.clock ?? (() => new Date());
  const { app, logger, metrics, db, bus, startBus } = await openService('router', config, overrides);

  const pool = createPathPool({
    threads: config.ROUTER_THREADS || Math.max(1, Math.min(THREADS_MAX, availableParallelism() - 1)),
    queueMax: config.ROUTER_QUEUE_MAX,
    timeoutMs: config.ROUTER_COMPUTE_TIMEOUT_MS,
    logger,
  });
  metrics.gauge({
    name: 'router_computations_pending',
    help: 'Computations under way and waiting.',
    collect: (gauge) => gauge.set(pool.load),
  });
  metrics.gauge({
    name: 'router_threads_replaced',
    help: 'Path threads that died or were ended, since the start.',
    collect: (gauge) => gauge.set(pool.replaced),
  });
  const cache = createPathCache({ url: config.REDIS_URL, ttlSeconds: config.ROUTER_CACHE_SECONDS, logger, metrics });
  const follower = createTopologyFollower({
    db,
    pool,
    clock,
    logger,
    everyMs: config.ROUTER_POLL_MS,
    onChange: (mesh) => announcer.changed(mesh),
  });
  const computation = new Computation({ db, follower, pool, cache, metrics });
  const paths = new PathService(computation);
  const routes = new RouteService({ computation, clock, validMs: config.ROUTER_ROUTES_VALID_MS });
  const announcer = new RouteAnnouncer({ db, bus, routes, follower, clock, logger, everyMs: ANNOUNCE_EVERY_MS });
  consumeLinkStateChanged(bus, clock, () => {
    follower.follow().catch((error: unknown) => logger.warn({ err: error }, 'link states are read again later'));
  });

  mountPaths(app, { db, clock, paths });
  mountNodeRoutes(app, { clock, routes, announcer });
  mountPolicies(app, { db, announcer });
  mountDeadLetterRoutes(app, { bus });
  mountOpenApi(app, { title: 'PeerMesh router', routes: { ...routerRoutes, ...deadLetterRoutes('router') } });
  app.health.add('redis', () => cache.ping(), { critical: false });
  app.health.add('topology', async () => {
    if (follower.syncedAt === null) throw new Error('the link states have not been read yet');
  });
  const workers: Worker[] = [];
  app.addHook('onClose', async () => {
    await pool.close();
    cache.close();
  });
  return {
    app,
    start: async () => {
      await startBus();
      workers.push(
        follower.start(),
        announcer.start(),
        startHousekeeping({ db, retentionMonths: config.ROUTER_RETENTION_MONTHS, clock, logger }),
      );
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await bus.stop();
    },
  };
}
