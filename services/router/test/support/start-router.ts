import { silentLogger, testJwks } from '@peermesh/testkit';
import { type ServiceFixture, startTestService } from '@peermesh/testkit/service';
import { buildApp } from '../../src/app.ts';
import { loadRouterConfig } from '../../src/config.ts';
import type { Clock } from '../../src/ports.ts';

/** A running router with its own database, NATS and Redis. */
export type RouterFixture = ServiceFixture;

/** Starts everything and the service. */
export function startRouter(
  changes: Readonly<Record<string, string>> = {},
  clock: Clock = () => new Date(),
): Promise<RouterFixture> {
  return startTestService({
    name: 'router',
    migrations: new URL('../../src/migrations/', import.meta.url),
    build: (env) => {
      const config = loadRouterConfig({
        ...env,
        ROUTER_THREADS: '2',
        ROUTER_POLL_MS: '20',
        ...changes,
      });
      return buildApp(config, { logger: silentLogger(), jwks: testJwks, clock });
    },
  });
}
