import type { CloudEvent, EventData, EventDefinition } from '@peermesh/contracts';
import { connectNats, createBus } from '@peermesh/messaging';
import { applyStreams, peermeshStreams } from '@peermesh/messaging/streams';
import type { WiredService } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { silentLogger } from '../silent-logger.ts';
import { startTestNats, type TestNats } from '../test-nats.ts';
import { startTestRedis, type TestRedis } from '../test-redis.ts';
import type { TestClaims } from '../test-tokens.ts';
import { waitFor } from '../wait-for.ts';
import { type CallService, callService } from './call-service.ts';
import { PublishedEvents } from './published-events.ts';
import { type ServiceDatabase, startServiceDatabase } from './service-database.ts';

/** A running service with a database, NATS and Redis of its own. */
export interface ServiceFixture<Schema = unknown> {
  readonly service: WiredService;
  readonly app: FastifyInstance;
  readonly database: ServiceDatabase<Schema>;
  readonly nats: TestNats;
  readonly redis: TestRedis;
  readonly call: CallService;
  /** Everything of one kind that was published since the stream began, oldest first; the list grows. */
  published<E extends EventDefinition>(event: E): CloudEvent<EventData<E>>[];
  /** Publishes as another service would, through the outbox. */
  emit<E extends EventDefinition>(event: E, items: readonly EventData<E>[], tenantId?: string): Promise<void>;
  stop(): Promise<void>;
}

/** What is started. */
export interface TestServiceOptions {
  /** Name of the service, which is that of its schema. */
  readonly name: string;
  /** Folder of its migrations. */
  readonly migrations: URL;
  /** Builds it with the settings that all services share: where it listens, the servers, no logs. */
  readonly build: (env: Readonly<Record<string, string>>) => Promise<WiredService>;
  /** Claims of every call, unless it says otherwise. */
  readonly caller?: TestClaims;
  /** A PostgreSQL cluster of its own, for tests that restart it. */
  readonly ownPostgres?: boolean;
}

/** Starts the servers and the service, and waits until it is ready. */
export async function startTestService<Schema = unknown>(options: TestServiceOptions): Promise<ServiceFixture<Schema>> {
  const { name, migrations, build, caller = {}, ownPostgres: own = false } = options;
  const [database, nats, redis] = await Promise.all([
    startServiceDatabase<Schema>({ service: name, migrations, own }),
    startTestNats(),
    startTestRedis(),
  ]);
  const logger = silentLogger();
  const connection = await connectNats({ url: nats.url, name: 'test', logger });
  await applyStreams(connection, peermeshStreams);
  const { appUrl, db } = database;
  const service = await build({
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: appUrl,
    NATS_URL: nats.url,
    REDIS_URL: redis.url,
    JWKS_URL: 'http://127.0.0.1:1/jwks',
  });
  const { app } = service;
  await service.start();
  // Its relay is never started: the one of the service publishes what it writes.
  const outbox = createBus({ module: name, instance: 'test', db, databaseUrl: appUrl, nats: connection, logger });
  const published = new PublishedEvents(connection);
  await waitFor(async () => (await app.inject({ url: '/health/ready' })).statusCode === 200, {
    message: 'the service is not ready',
  });
  return {
    service,
    app,
    database,
    nats,
    redis,
    call: callService(app, caller),
    published: (event) => published.of(event),
    emit: async (event, items, tenantId = 'default') => {
      const entries = items.map((data) => ({ data, tenantId, partitionKey: 'test' }));
      await db.system((tx) => outbox.publishMany(tx, event, entries));
    },
    stop: async () => {
      await published.stop();
      await service.stop();
      await app.close();
      await connection.close();
      await Promise.all([database.stop(), nats.stop(), redis.stop()]);
    },
  };
}
