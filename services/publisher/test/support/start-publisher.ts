import { silentLogger, testJwks } from '@peermesh/testkit';
import { type ServiceFixture, startTestService } from '@peermesh/testkit/service';
import { buildApp } from '../../src/app.ts';
import { loadPublisherConfig } from '../../src/config.ts';
import type { Clock } from '../../src/ports.ts';

/** A running publisher with its own database and NATS. */
export type PublisherFixture = ServiceFixture;

/** Starts everything and the service. */
export function startPublisher(
  changes: Readonly<Record<string, string>> = {},
  clock: Clock = () => new Date(),
): Promise<PublisherFixture> {
  return startTestService({
    name: 'publisher',
    migrations: new URL('../../src/migrations/', import.meta.url),
    build: (env) => {
      const config = loadPublisherConfig({
        ...env,
        PUBLISHER_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
        PUBLIC_URL: 'http://gateway.test',
        PUBLISHER_ALLOW_PRIVATE_HOSTS: '127.0.0.1',
        PUBLISHER_RETRY_SCHEDULE_SECONDS: '0,0.05,0.1,0.1',
        PUBLISHER_BREAKER_FAILURES: '100',
        PUBLISHER_POLL_MS: '20',
        PUBLISHER_ATTEMPT_TIMEOUT_MS: '20000',
        ...changes,
      });
      return buildApp(config, { logger: silentLogger(), jwks: testJwks, clock });
    },
  });
}
