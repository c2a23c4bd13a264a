import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { RouteConfig } from '@peermesh/contracts/gateway';
import { migrate } from '@peermesh/database';
import {
  silentLogger,
  startTestJwksServer,
  startTestPostgres,
  startTestRedis,
  type TestPostgres,
  type TestRedis,
  temporaryFolder,
} from '@peermesh/testkit';
import { buildApp } from '../../src/app.ts';
import { loadGatewayConfig } from '../../src/config.ts';
import type { GatewayMessaging } from '../../src/plugins/messaging.ts';
import { MemoryEvents } from './memory-events.ts';
import { startUpstream, type TestUpstream } from './upstream.ts';

/** What all gateways of one test file share. */
export interface GatewayWorld {
  readonly postgres: TestPostgres;
  readonly redis: TestRedis;
  readonly jwksUrl: string;
  readonly databaseUrl: string;
  /** The upstream of every service unless a test says otherwise. */
  readonly upstream: TestUpstream;
  startGateway(t: TestContext | null, options?: GatewayOptions): Promise<TestGateway>;
  stop(): Promise<void>;
}

/** How a test wants its gateway. */
export interface GatewayOptions {
  readonly routes?: RouteConfig;
  readonly env?: Readonly<Record<string, string>>;
  readonly events?: MemoryEvents;
  /** Uses this NATS in place of events in memory. */
  readonly natsUrl?: string;
}

/** A gateway that listens. */
export interface TestGateway {
  readonly url: string;
  readonly port: number;
  readonly events: MemoryEvents;
  readonly routesFile: string;
  metrics(): Promise<string>;
  /** Cuts connections off, or lets them finish. */
  stop(options?: { readonly isGraceful: boolean }): Promise<void>;
}

/** Starts the servers that gateways need. */
export async function startWorld(): Promise<GatewayWorld> {
  const [postgres, redis, jwks, upstream] = await Promise.all([
    startTestPostgres(),
    startTestRedis(),
    startTestJwksServer(),
    startUpstream(),
  ]);
  const database = await postgres.createDatabase({ service: 'gateway' });
  const migrationsDir = new URL('../../src/migrations', import.meta.url);
  await migrate({ url: database.ownerUrl, schema: 'gateway', migrationsDir, logger: silentLogger() });
  const folder = temporaryFolder('gateway');
  let count = 0;
  const startGateway = async (t: TestContext | null, options: GatewayOptions = {}): Promise<TestGateway> => {
    const events = options.events ?? new MemoryEvents();
    const routesFile = join(folder.path, `routes-${++count}.json`);
    if (options.routes !== undefined) writeFileSync(routesFile, JSON.stringify(options.routes));
    const config = loadGatewayConfig({
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'silent',
      DATABASE_URL: database.appUrl,
      NATS_URL: options.natsUrl ?? 'nats://127.0.0.1:1',
      REDIS_URL: redis.url,
      JWKS_URL: jwks.url,
      RATE_LIMIT_TIMEOUT_MS: '5000',
      UPSTREAM_AUTH: upstream.url,
      UPSTREAM_INGEST: upstream.url,
      UPSTREAM_SEARCH: upstream.url,
      UPSTREAM_PUBLISHER: upstream.url,
      UPSTREAM_ROUTER: upstream.url,
      UPSTREAM_MESH: upstream.url,
      ...(options.routes === undefined ? {} : { ROUTES_FILE: routesFile }),
      ...options.env,
    });
    const { app, stop } = await buildApp(config, {
      logger: silentLogger(),
      ...(options.natsUrl === undefined ? { messaging: memoryMessaging(events) } : {}),
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as { port: number };
    let stopping: Promise<void> | undefined;
    const gateway = {
      url: `http://127.0.0.1:${port}`,
      port,
      events,
      routesFile,
      metrics: () => app.metrics.expose(),
      stop: (how?: { readonly isGraceful: boolean }) =>
        (stopping ??= (async () => {
          await stop();
          if (how?.isGraceful !== true) app.server.closeAllConnections();
          await app.close();
        })()),
    };
    t?.after(() => gateway.stop());
    return gateway;
  };
  return {
    postgres,
    redis,
    jwksUrl: jwks.url,
    databaseUrl: database.adminUrl,
    upstream,
    startGateway,
    stop: async () => {
      await Promise.all([upstream.stop(), jwks.stop(), redis.stop()]);
      await database.drop();
      await postgres.stop();
      folder.remove();
    },
  };
}

function memoryMessaging(events: MemoryEvents): GatewayMessaging {
  return {
    events,
    announce: async (tx) => tx.afterCommit(() => events.announceRoutes()),
    decisions: { record: (entry) => void events.decisions.push(entry), close: async () => undefined },
    stop: () => events.stop(),
  };
}

/** A table with one route to one service. */
export function routesOf(...routes: RouteConfig['routes']): RouteConfig {
  return { apiVersion: 'peermesh/v1', routes };
}
