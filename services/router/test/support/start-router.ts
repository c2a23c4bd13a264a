import { silentLogger, testJwks } from '@peermesh/testkit';
import { type ServerUrls, type ServiceFixture, startTestService } from '@peermesh/testkit/service';
import { buildApp, type RouterService } from '../../src/app.ts';
import { loadRouterConfig, type RouterConfig } from '../../src/config.ts';
import type { Clock } from '../../src/ports.ts';

/** A running router with its own database, NATS and Redis. */
export type RouterFixture = ServiceFixture<RouterService>;

/** Starts everything and the service. */
export function startRouter(
  changes: Readonly<Record<string, string>> = {},
  clock: Clock = () => new Date(),
): Promise<RouterFixture> {
  return startTestService({
    name: 'router',
    migrations: new URL('../../src/migrations/', import.meta.url),
    build: (urls) => buildApp(configOf(urls, changes), { logger: silentLogger(), jwks: testJwks, clock }),
  });
}

function configOf(urls: ServerUrls, changes: Readonly<Record<string, string>>): Readonly<RouterConfig> {
  return loadRouterConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: urls.database,
    NATS_URL: urls.nats,
    JWKS_URL: 'http://127.0.0.1:1/jwks',
    REDIS_URL: urls.redis,
    ROUTER_THREADS: '2',
    ROUTER_POLL_MS: '20',
    ...changes,
  });
}
