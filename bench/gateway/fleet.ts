import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RouteConfig } from '@peermesh/contracts/gateway';
import { migrate } from '@peermesh/database';
import { connectNats } from '@peermesh/messaging';
import { applyStreams } from '@peermesh/messaging/streams';
import {
  freePort,
  silentLogger,
  startTestJwksServer,
  startTestNats,
  startTestPostgres,
  startTestRedis,
  temporaryFolder,
} from '@peermesh/testkit';
import { parse } from 'yaml';
import { type Running, startProcess } from './processes.ts';

const GATEWAY = new URL('../../services/gateway/', import.meta.url);

/** The real gateway with its stores, as a process of its own. */
export interface GatewayFleet {
  readonly gateway: Running;
  readonly port: number;
  readonly natsUrl: string;
  stop(): Promise<void>;
}

/** Starts PostgreSQL, NATS, Redis and the gateway; every upstream is `upstreamUrl`. Its limits are set beyond reach. */
export async function startGatewayFleet(
  upstreamUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<GatewayFleet> {
  const [postgres, nats, redis, jwks, port] = await Promise.all([
    startTestPostgres(),
    startTestNats(),
    startTestRedis(),
    startTestJwksServer(),
    freePort(),
  ]);
  const logger = silentLogger();
  const database = await postgres.createDatabase({ service: 'gateway' });
  await migrate({
    url: database.ownerUrl,
    schema: 'gateway',
    migrationsDir: new URL('src/migrations', GATEWAY),
    logger,
  });
  const connection = await connectNats({ url: nats.url, name: 'bench', logger });
  await applyStreams(connection);
  await connection.close();
  const folder = temporaryFolder('bench-gateway');
  const gateway = await startProcess(new URL('src/main.ts', GATEWAY).pathname, {
    readyUrl: `http://127.0.0.1:${port}`,
    env: {
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'warn',
      DATABASE_URL: database.appUrl,
      NATS_URL: nats.url,
      REDIS_URL: redis.url,
      JWKS_URL: jwks.url,
      UPSTREAM_AUTH: upstreamUrl,
      UPSTREAM_INGEST: upstreamUrl,
      UPSTREAM_SEARCH: upstreamUrl,
      UPSTREAM_PUBLISHER: upstreamUrl,
      UPSTREAM_ROUTER: upstreamUrl,
      UPSTREAM_MESH: upstreamUrl,
      ROUTES_FILE: routesBeyondReach(folder.path),
      ...env,
    },
  });
  return {
    gateway,
    port,
    natsUrl: nats.url,
    stop: async () => {
      await gateway.stop();
      await Promise.all([jwks.stop(), redis.stop(), nats.stop()]);
      await database.drop();
      await postgres.stop();
      folder.remove();
    },
  };
}

/** The table that ships, with the same limits but quotas that a benchmark does not reach. */
function routesBeyondReach(folder: string): string {
  const config = parse(readFileSync(new URL('config/routes.yaml', GATEWAY), 'utf8')) as RouteConfig;
  for (const { limits } of [config.defaults ?? {}, ...config.routes]) {
    for (const rate of limits?.rate ?? []) rate.q = 1_000_000_000;
  }
  const path = join(folder, 'routes.json');
  writeFileSync(path, JSON.stringify(config));
  return path;
}
